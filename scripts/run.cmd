@rem Installs where needed, then serves the lab and prints its address: scripts\run --port 9000
@where py >nul 2>nul
@if errorlevel 1 (python "%~dp0run.py" %*) else (py -3 "%~dp0run.py" %*)
