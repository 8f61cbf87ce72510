@rem Sets up what is missing, then runs the checks and the tests. Arguments go to pytest instead of the whole suite.
@where py >nul 2>nul
@if errorlevel 1 (python "%~dp0test.py" %*) else (py -3 "%~dp0test.py" %*)
