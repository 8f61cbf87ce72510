/** The control bar. */
import { describeAccuracy, describeEnd, hasEnded, isCompiling } from "../describe.js";
import { findNamed, on, setAttribute, setClass, setHidden, setText } from "../dom.js";
import { errorValue, percent, rate, whole } from "../format.js";
import { shown } from "../state.js";
import { notchOf, speedAt, speedWords, STORY, UNLIMITED } from "../speed.js";
import { nameOf, say } from "../words.js";

/**
 * @import { CreateView } from "../actions.js"
 * @import { Speed } from "../speed.js"
 */

const PATIENCE = 2000; // milliseconds that a moved slider waits for the server to agree

/** @type {CreateView} */
export const create = (root, actions) => {
  const {
    start,
    step,
    reset,
    present,
    slider,
    speedText,
    iteration,
    most,
    error,
    measured,
    right,
    rightWhen,
    proved,
    stateText,
    mark,
  } = findNamed(root, {
    start: "button#start",
    step: "button#step",
    reset: "button#reset",
    present: "button#present-button",
    slider: "input#speed",
    speedText: "#speed-text",
    iteration: "#iteration",
    most: "#max-iterations",
    error: "#error",
    measured: "#rate",
    right: "#accuracy",
    rightWhen: "#accuracy-when",
    proved: "button#proved",
    stateText: "#state",
    mark: "#state-mark",
  });
  let movedAt = -Infinity;

  slider.min = String(STORY);
  slider.max = String(UNLIMITED);
  // A button that can't act keeps the focus that it has, and says why.
  on(start, "click", () => start.ariaDisabled || actions.toggle());
  on(step, "click", () => step.ariaDisabled || actions.command("step"));
  on(reset, "click", () => actions.command("reset"));
  on(present, "click", actions.present);
  on(proved, "click", () => {
    actions.openTab("inside");
    actions.lookInside("proof");
  });
  on(slider, "input", () => {
    movedAt = performance.now();
    const speed = speedAt(Number(slider.value));
    showSpeed(speed);
    actions.speed(speed);
  });

  /** @param {Speed} speed */
  function showSpeed(speed) {
    setText(speedText, speedWords(speed));
    setAttribute(slider, "aria-valuetext", speedWords(speed));
  }

  return {
    update(state) {
      const { run, moment, now, connection } = state;
      setAttribute(present, "aria-pressed", state.present);
      setClass(document.documentElement, "is-presenting", state.present);
      if (!run) return;
      setAttribute(document.body, "data-access", run.access);
      const lost = connection.phase === "waiting" || connection.phase === "gone";
      const { accuracy } = shown(state);
      const running = run.state === "running";
      setText(start, running ? say("Pause") : say("Start"));
      for (const button of [start, step]) {
        setAttribute(button, "aria-disabled", hasEnded(run) ? "true" : null);
        setAttribute(button, "title", hasEnded(run) ? describeEnd(run, !reset.hidden) : null);
      }
      setText(iteration, whole((moment ?? run).iteration));
      setText(most, say("of {n}", { n: whole(run.config.max_iterations) }));
      setText(error, errorValue((moment ?? run).error));
      setText(measured, moment || lost ? "–" : rate(running ? run.iterations_per_second : 0));
      setText(right, accuracy ? percent(accuracy.accuracy) : "–");
      setText(rightWhen, accuracy ? say("at {n}", { n: whole(accuracy.iteration) }) : "");
      setAttribute(right, "title", accuracy && describeAccuracy(accuracy));
      setHidden(proved, !run.proof);
      if (run.proof) {
        const n = whole(run.proof.iteration);
        setClass(proved, "is-other", run.proof.iteration !== (moment ?? run).iteration);
        setAttribute(proved, "title", say("Proved right on numbers of any length, after iteration {n}. Why?", { n }));
      }
      const seen = moment ? "past" : lost ? "unknown" : run.state;
      setText(stateText, moment ? say("in the past") : lost ? say("unknown") : nameOf(run.state));
      setAttribute(
        stateText,
        "title",
        lost ? say("When the server answered last: {state}", { state: nameOf(run.state) }) : null,
      );
      setText(mark, mark.dataset[seen === "running" && isCompiling(state) ? "compiling" : seen]);
      for (const element of [mark, document.body]) setAttribute(element, "data-state", seen);
      // Start begins a story where nobody has chosen a speed: see actions.js.
      const speed = run.speed_chosen === false && !running ? "story" : run.speed;
      const notch = String(notchOf(speed));
      if (slider.value !== notch && now < movedAt + PATIENCE) return;
      showSpeed(speed);
      slider.value = notch;
    },
  };
};
