// Made by scripts/wire from the server's models in app/messages: change those, and run it again.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    /** @description How well a network has learned: over all problems of its width, or a fixed sample if there are too many. */
    Accuracy: {
      run: string;
      generation: number;
      iteration: number;
      problems: number;
      sampled: boolean;
      /** @description the share of problems with every bit of the result right */
      accuracy: number;
      /** @description for each position, the share of problems with the right bit there; position 0 first */
      bit_accuracy: number[];
      /** @description how many problems that need a long memory were tried beside a sample; 0 if all problems were tried */
      hard_problems: number;
      /** @description how many of these have every bit of the result right */
      hard_right: number;
      /** @description the problems with the largest error, largest first */
      worst: components["schemas"]["WrongAnswer"][];
      /** @description in the order of the machine's table */
      cases: components["schemas"]["CaseAnswer"][];
      /**
       * @description [iteration, accuracy] at the run's scheduled moments, also if another moment was asked for; [iteration, null] stands where nothing is known between two of them, so that a line breaks there
       * @default []
       */
      history: [number, number | null][];
      /** @description how many problems the history is of, if it is of a fixed sample; left out if it is of all problems */
      history_sample?: number | null;
      /**
       * @description how many scheduled moments up to now are still to be computed; left out if there are none
       * @default 0
       */
      pending?: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
    };
    /** @description At which moment; if absent, now. */
    AccuracyQuery: {
      iteration?: number | null;
    };
    /**
     * @description A prediction. Bits and probabilities are in order, the most significant first. It holds only the operands that
     *     the run's task takes.
     */
    Answer: {
      /** @description the run's task */
      task: string;
      /** @description the first number */
      a: number;
      /** @description the second number, if the task takes two or three */
      b: number;
      /**
       * @description the third number, if the task takes three
       * @default 0
       */
      c?: number;
      /** @description the true result; for a yes-or-no task 1 or 0 */
      expected: number;
      /** @description the network's result */
      predicted: number;
      /** @description whether both results are the same */
      correct: boolean;
      /** @description how many bits the network read and wrote */
      width: number;
      /** @description the bits of each number */
      bits: {
        [key: string]: number[];
      };
      /** @description P(bit = 1) for each bit of the result */
      probabilities: number[];
      /** @description the run's id */
      run: string;
      /** @description how often the run was reset */
      generation: number;
      /** @description after how many iterations the network was asked */
      iteration: number;
      /** @description whether a number is larger than those of training */
      beyond_training: boolean;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
      /**
       * @description true if an output is not a number, else left out; such an output counts as the wrong bit, with probability 0 or 1
       * @default false
       */
      overflow?: boolean;
      /** @description what happens inside the network; only if asked for */
      trace?: components["schemas"]["TraceDocument"] | null;
    };
    /** @description What a network answered to one problem during training. Value k of each list belongs to iterations[k]. */
    Answers: {
      generation: number;
      expected: number;
      width: number;
      /** @description the bits of the true result, most significant first */
      bits: number[];
      iterations: number[];
      predicted: number[];
      /** @description P(bit = 1), most significant first */
      probabilities: number[][];
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
    };
    /** @description Which problem, and for which range of iterations. */
    AnswersQuery: {
      a?: number | null;
      b?: number | null;
      c?: number | null;
      /**
       * @description a whole number from 0 to 9007199254740991
       * @default 0
       */
      start?: number;
      stop?: number | null;
      /**
       * @description a whole number from 1 to 300
       * @default 100
       */
      points?: number;
    };
    /** @description A command that changed a run, or was to. */
    AuditLine: {
      /** @description counts the lines of this server and of those before it on the same folder */
      number: number;
      /** @description when it came, in UTC */
      time: string;
      /** @description when it came last, if it came several times in a row */
      until: string;
      /** @description how often it came in a row */
      times: number;
      /** @description who it was: "presenter", or "visitor" with a part of the id; without roles "local", or an address */
      actor: string;
      /** @description what it was, such as "reset" */
      command: string;
      /** @description the id of the run; null if there is none */
      run: string | null;
      /** @description the names of what came with it, such as "config" */
      given: string[];
      /**
       * @description what came of it
       * @enum {string}
       */
      result: "done" | "refused" | "failed";
      /** @description the HTTP status of the answer; over the socket, that of the same call */
      status: number;
    };
    /** @description How many of the latest commands. */
    AuditQuery: {
      /**
       * @description a whole number from 1 to 1000
       * @default 100
       */
      last?: number;
    };
    /** @description A moment of a run. */
    BranchPoint: {
      /** @description the id of a run */
      run: string;
      /** @description a whole number from 0 to 9007199254740991 */
      iteration: number;
    };
    /** @description What the network answers in one case of the task's machine: for addition, one line of a full adder's table. */
    CaseAnswer: {
      /** @description the state of the machine that solves the task */
      state: string;
      /** @description the bits read at the position, in the order of the operands */
      bits: number[];
      /** @description the bit that is right */
      expected: number;
      /** @description the mean of P(bit = 1) over such positions of all problems or, if there are more than 1024, of a fixed sample of 1024; an output that is not a number counts as the wrong bit */
      output: number | null;
      /** @description how many such positions there are in these problems */
      positions: number;
      /** @description the share of these positions with the right bit, from 0 to 1; null if there are none */
      right: number | null;
    };
    /** @description A recurrent cell. */
    CellOption: {
      name: string;
      gates: string[];
    };
    /** @description A configuration to check. */
    CheckConfig: {
      /**
       * @description an object of the fields that differ from the default configuration
       * @default {}
       */
      config?: {
        [key: string]: unknown;
      };
    };
    /** @description Who watches a run. */
    ClassPlace: {
      /** @description the id of the run */
      run: string;
      /** @description its name */
      name: string;
      /** @description whether it is somebody's copy */
      private: boolean;
      /** @description what some of those are called who watch it */
      people: string[];
      /** @description how many visitors watch it */
      number: number;
    };
    /** @description Where the class is. */
    ClassStatus: {
      /** @description the address that the class opens */
      link: string;
      /** @description the same, as short as a browser takes it */
      typed: string;
      /** @description what the presenter's page shows, if it has said so */
      shown: components["schemas"]["PresenterMessage"] | null;
      /** @description how many visitors watch */
      number: number;
      /** @description the runs that they watch, in the order of creation */
      places: components["schemas"]["ClassPlace"][];
    };
    /** @description A new run. */
    CreateRun: {
      name?: string | null;
      /**
       * @description an object of the fields that differ from the default configuration
       * @default {}
       */
      config?: {
        [key: string]: unknown;
      };
      /**
       * @description iterations a second, a number from 0.1 to 1000000, null for unlimited, or "story": quick where nothing happens, slow where it learns
       * @default 300
       */
      speed?: number | "story" | null;
      /**
       * @description an array of at most 100 pairs of an iteration and the learning rate from there on, in order
       * @default []
       */
      changes?: unknown[];
      edits?: unknown[] | null;
      /** @description an object such as {"run": "main", "iteration": 5000}: the moment of a run to begin at */
      from?: components["schemas"]["BranchPoint"] | null;
    };
    /** @description A new sweep: every combination of the values in `vary`, each from every seed. */
    CreateSweep: {
      name?: string | null;
      /**
       * @description an object of the fields that differ from the default configuration
       * @default {}
       */
      config?: {
        [key: string]: unknown;
      };
      /** @description an object such as {"hidden_size": [1, 2, 4]}: each field that varies, and its values */
      vary: {
        [key: string]: unknown;
      };
      /** @description the first and the last seed, or an array of one or more seeds */
      seeds: unknown[];
      /**
       * @description a whole number from 1 to 10000000
       * @default 500
       */
      every?: number;
      scheduler?: string | null;
    };
    /** @description For which run; if absent, for all runs. */
    EngineQuery: {
      run?: string | null;
    };
    /** @description The engine that trains the runs of this server. */
    EngineStatus: {
      /** @enum {string} */
      name: "compiled" | "numpy";
      /** @enum {string} */
      state: "ready" | "compiling" | "fallback";
      /** @description what training waits for, or why this is not the fastest engine */
      detail: string | null;
      /** @description which compiled code trains: code for this form of network alone, general code, or none yet */
      kernels: ("own" | "general") | null;
      /**
       * @description whether training has to wait for what is being compiled
       * @default false
       */
      waiting: boolean;
      /**
       * @description how many other forms of network are compiled first
       * @default 0
       */
      ahead: number;
      /** @description for how many seconds it has been compiling */
      seconds: number | null;
      /** @description about how many seconds that takes, estimated from what was compiled before */
      expected: number | null;
    };
    /** @description A range of the error series. */
    Errors: {
      generation: number;
      start: number;
      errors: number[];
    };
    /** @description Which range of the error series, and in which form. */
    ErrorsQuery: {
      /**
       * @description a whole number from 0 to 9007199254740991
       * @default 0
       */
      start?: number;
      stop?: number | null;
      points?: number | null;
      /**
       * @description Of every error in a safetensors file: float64 or float32.
       * @default double
       * @enum {string}
       */
      precision?: "double" | "single";
    };
    /** @description A range of the error series in pieces of `stride` iterations: piece k begins at start + k * stride. */
    ErrorsSummary: {
      generation: number;
      start: number;
      stride: number;
      min: number[];
      mean: number[];
      max: number[];
    };
    /** @description For how many seconds to watch; if absent, until the client leaves. And with which frames. */
    EventsQuery: {
      seconds?: number | null;
      /**
       * @description "plain", or "small" for those that take less
       * @default plain
       * @enum {string}
       */
      frames?: "plain" | "small";
    };
    /** @description The finite-state machine that a network has made of itself, or the nearest one of few states. */
    ExtractedMachine: {
      /** @description the run's id */
      run: string;
      /** @description how often the run was reset */
      generation: number;
      /** @description after how many iterations the network was looked into */
      iteration: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
      /** @description the names of its states: those of the task's machine if it does the same, else A, B and so on */
      states: string[];
      /** @description the name of the state before position 0 */
      start: string;
      /** @description one for every state and all combinations of bits */
      steps: components["schemas"]["MachineStep"][];
      /** @description the share of problems of the trained width on which it writes the network's bit at every position */
      agrees_with_network: number;
      /** @description the share of the same problems on which it writes the right bit at every position */
      agrees_with_task: number;
      /** @description as agrees_with_network, of random problems with long_bits positions */
      agrees_with_network_long: number;
      /** @description as agrees_with_task, of the same long problems */
      agrees_with_task_long: number;
      /** @description whether it does the same as the task's machine, on all numbers of any length */
      equals_task: boolean;
      /** @description the number of problems of the trained width */
      problems: number;
      /** @description whether these are a sample; else they are all problems of the task */
      sampled: boolean;
      /** @description the positions of a long problem */
      long_bits: number;
      /** @description how many states a machine may have; a larger one is not looked for */
      most_states: number;
    };
    /** @description A problem that the network gets wrong. Its numbers may be long, so they are decimal texts. */
    FailingProblem: {
      /** @description in positions */
      width: number;
      /** @description that of the first wrong bit; 0 is the least significant */
      position: number;
      a: string;
      /** @description for a task that has it */
      b?: string | null;
      /** @description for a task that has it */
      c?: string | null;
      expected: string;
      predicted: string;
    };
    /** @description A field of a configuration. */
    FieldOption: {
      name: string;
      /** @enum {string} */
      kind: "integer" | "number" | "choice" | "boolean";
      default: string | boolean | number | null;
      /** @description what it must be, in words that follow "must be" */
      allowed: string;
      /** @description what it is, in a sentence */
      meaning: string;
      /** @description the smallest number allowed; for the kind number, a bound that is itself not allowed */
      low: number | null;
      high: number | null;
      choices: string[];
      nullable: boolean;
      /** @description whether it can be changed while the run trains; the others need a reset */
      live: boolean;
    };
    /** @description The problem with the lowest wrong bit at the smallest width that has a wrong answer. */
    FirstFailure: {
      /** @description in positions */
      width: number;
      /** @description that of the first wrong bit; 0 is the least significant */
      position: number;
      a: string;
      /** @description for a task that has it */
      b?: string | null;
      /** @description for a task that has it */
      c?: string | null;
      expected: string;
      predicted: string;
      /** @description whether it is one of the hard problems; if not, it is a random one */
      hard: boolean;
    };
    /** @description The words of the lab, in the order of a story. */
    Glossary: {
      sections: components["schemas"]["GlossarySection"][];
    };
    /** @description A term of the lab. */
    GlossaryEntry: {
      id: string;
      name: string;
      /** @description what it is, in one sentence */
      meaning: string;
      /** @description what formulas call it, or an empty text */
      symbol: string;
      /** @description what the article's script calls it, or an empty text */
      script: string;
      /** @description selectors of where it stands on the lab's page; the first that is there */
      places: string[];
      /** @description ids of other terms */
      related: string[];
      /** @description what to do if it is not on the page at the moment, or an empty text */
      hint: string;
    };
    /** @description Terms that belong together. */
    GlossarySection: {
      title: string;
      entries: components["schemas"]["GlossaryEntry"][];
    };
    /** @description The server answers. */
    Health: {
      /** @constant */
      status: "ok";
    };
    /** @description The name of an imported run. */
    ImportQuery: {
      name?: string | null;
    };
    /** @description Base of what is found inside a network at one moment. */
    Inside: {
      /** @description the run's id */
      run: string;
      /** @description how often the run was reset */
      generation: number;
      /** @description after how many iterations the network was looked into */
      iteration: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
    };
    /** @description Which share of the problems of each width is answered exactly right, from 0 to 1. */
    Lengths: {
      /** @description the run's id */
      run: string;
      /** @description how often the run was reset */
      generation: number;
      /** @description after how many iterations the network was looked into */
      iteration: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
      /** @description in positions, from that of training to 1024 */
      widths: number[];
      /** @description of 128 problems with random bits, the same ones each time */
      random: number[];
      /** @description of the problems with long chains of carries, and of repeated bits */
      hard: number[];
      /** @description null if every answer is right */
      first_failure: components["schemas"]["FirstFailure"] | null;
    };
    /**
     * @description Which problem, with numbers of any length, over how many positions, and at which moment; if absent, as many
     *     positions as it needs, and now.
     */
    LongQuery: {
      a?: string | null;
      b?: string | null;
      c?: string | null;
      width?: number | null;
      iteration?: number | null;
    };
    /** @description A case of the machine that solves the task: for addition, one line of a full adder's table. */
    MachineCase: {
      /** @description the state of the machine before the position */
      state: string;
      /** @description the bits read there, in the order of the operands */
      bits: number[];
    };
    /** @description A step of the machine inside a network. */
    MachineStep: {
      /** @description the name of the state before it */
      state: string;
      /** @description the bits that are read, in the order of the operands */
      bits: number[];
      /** @description the name of the state after it */
      next: string;
      /** @description the bit that is written */
      output: number;
      /** @description how often the network takes this step, at all positions of all short sequences that can tell */
      count: number;
      /** @description how often it reads these bits in this state; the others of these go on to another state */
      of: number;
    };
    /** @description Which slice, for a task of three numbers, and at which moment; if absent, c = 0 and now. */
    MapQuery: {
      c?: number | null;
      iteration?: number | null;
    };
    /** @description Who the one who asks is. */
    Me: {
      /**
       * @description the presenter, who commands everything, or a visitor
       * @enum {string}
       */
      role: "presenter" | "visitor";
      /** @description the ids of the runs that are theirs alone: a visitor's copies */
      runs: string[];
    };
    /** @description Of which cell; if absent, of all. */
    MembersQuery: {
      cell?: number | null;
    };
    /**
     * @description Something that the network has learned, or forgotten again. The operands are of a problem that shows it: it was
     *     wrong in this at the moment before and is right now, or, if something is forgotten, the other way round. They are
     *     left out if no such problem is known.
     */
    Milestone: {
      /** @description how many iterations were done at the moment at which it was so */
      iteration: number;
      /**
       * @description a case is understood; better than any network without memory; every problem that is tried is right; a case or, without a case, all is forgotten again
       * @enum {string}
       */
      kind: "understood" | "memory" | "all_right" | "forgotten";
      /** @description the case that it is about; null if it is about all problems */
      case: components["schemas"]["MachineCase"] | null;
      /** @description the same in words */
      text: string;
      a?: number | null;
      b?: number | null;
      c?: number | null;
    };
    /**
     * @description All milestones of the run, in order. Sent whenever there is a new one; a client that does not know this message
     *     ignores it.
     */
    MilestonesMessage: {
      /** @constant */
      type: "milestones";
      /** @description the generation of the run that they belong to */
      generation: number;
      /** @description as GET /api/runs/{id}/milestones tells them */
      milestones: components["schemas"]["Milestone"][];
    };
    /** @description A problem: the numbers that the task needs. */
    Operands: {
      a?: number | null;
      b?: number | null;
      c?: number | null;
    };
    /** @description What a configuration may hold. */
    Options: {
      fields: components["schemas"]["FieldOption"][];
      tasks: components["schemas"]["TaskOption"][];
      cells: components["schemas"]["CellOption"][];
      /** @description the largest value allowed for bits x batch_size x hidden_size x hidden_size */
      max_cost: number;
    };
    /** @description A short view of a run. */
    Overview: {
      run: components["schemas"]["RunStatus"];
      errors: components["schemas"]["ErrorsSummary"];
      /** @description [iteration, accuracy] at the latest scheduled moment; null if it is not known in the last tenth of the run */
      accuracy: [number, number] | null;
      /**
       * @description how many scheduled moments up to now are still to be computed; left out if there are none
       * @default 0
       */
      pending?: number;
      /** @description only if asked for: at most that many [iteration, accuracy], evenly over the whole run; [iteration, null] stands where nothing is known between two of them, so that a line breaks there */
      history?: [number, number | null][] | null;
    };
    /** @description With how many points to show a run. */
    OverviewQuery: {
      /**
       * @description a whole number from 1 to 5000
       * @default 100
       */
      points?: number;
      history?: number | null;
    };
    /** @description A note that this machine computes a run's past differently: the errors are not the recorded ones. */
    Parting: {
      /** @description the first iteration whose error is different here from the recorded one */
      iteration: number;
      /** @description the nearest iterations at which the network itself was kept */
      sound: number[];
      /** @description the same in words, and what computed the run at that time */
      detail: string;
    };
    /**
     * @description A run as it was at an earlier iteration. Arrays have the same names and shapes as in frames. Before the first
     *     iteration, and where only the network was kept, there are only weights.
     */
    PastMoment: {
      generation: number;
      iteration: number;
      learning_rate: number;
      weights: {
        [key: string]: number[][] | number[];
      };
      /** @default 0 */
      a?: number;
      /** @default 0 */
      b?: number;
      /** @default 0 */
      c?: number;
      /** @default 0 */
      expected?: number;
      /** @default 0 */
      predicted?: number;
      /** @default {} */
      updates?: {
        [key: string]: number[][] | number[];
      };
      trace?: components["schemas"]["TraceDocument"] | null;
      /**
       * @description left out if the error of this iteration alone is not known
       * @default 0
       */
      error?: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
    };
    /** @description Changes to a run, which take effect at once. What is absent does not change. */
    PatchRun: {
      name?: string | null;
      /** @description iterations a second, a number from 0.1 to 1000000, null for unlimited, or "story": quick where nothing happens, slow where it learns */
      speed?: number | "story" | null;
      learning_rate?: number | null;
    };
    /** @description Another name for a sweep. */
    PatchSweep: {
      name?: string | null;
    };
    /** @description What the network would have said with the memory of another problem in the place of its own. */
    Patched: {
      /** @description that problem: its numbers by operand */
      from: {
        [key: string]: number;
      };
      /** @description the position before which it had this memory */
      position: number;
      /** @description the state of the machine there; for a wrong bit the one that is true, for a right one another */
      state: string;
      /** @description P(bit = 1) with this memory */
      probability: number;
      /** @description of all problems in this state there, the share with whose memory the bit would be the machine's */
      share: number;
      /** @description how many such problems there are */
      problems: number;
    };
    /** @description Stop training for now. Answered by a status. */
    PauseCommand: {
      /** @constant */
      type: "pause";
    };
    /** @description The error of a simple behaviour. The error of a run may stay near it for a while. */
    Plateau: {
      key: string;
      label: string;
      error: number;
    };
    /** @description What somebody points at: an element of the page, a part of it, and a place within. */
    Pointer: {
      /** @description the id of an element, of at most 40 letters, digits, - and _ */
      at: string;
      part?: number | null;
      /** @description a number from 0 to 1 */
      x: number;
      /** @description a number from 0 to 1 */
      y: number;
    };
    /** @description What to ask a network. */
    PredictRequest: {
      a?: number | null;
      b?: number | null;
      c?: number | null;
      /**
       * @description the id of a run
       * @default main
       */
      run?: string;
      iteration?: number | null;
      /**
       * @description true or false
       * @default false
       */
      trace?: boolean;
    };
    /**
     * @description What the presenter's page shows. Visitors get it when they come, and when it changes, at most ten times a second.
     *     Those who watch another run hear only of another run and of calls. A client that does not follow ignores it.
     */
    PresenterMessage: {
      /** @constant */
      type: "presenter";
      /** @description the id of the run */
      run: string;
      /** @description the moment of the past; null for now */
      iteration: number | null;
      /** @description what is pointed at, if anything */
      pointer: components["schemas"]["PresenterPointer"] | null;
      /** @description the stop of the tour; null if it is not open */
      tour: number | null;
      /**
       * @description how often all were called back; one more calls whoever does not follow
       * @default 0
       */
      calls: number;
    };
    /** @description What the presenter points at. */
    PresenterPointer: {
      /** @description the id of an element of the page */
      at: string;
      /** @description which of the cells, pictures and buttons in it, in the order of the page; null for the element */
      part: number | null;
      /** @description the place from its left edge, 0, to its right edge, 1 */
      x: number;
      /** @description the place from its upper edge, 0, to its lower edge, 1 */
      y: number;
    };
    /** @description An error answer, in the form of RFC 9457 (problem details). */
    ProblemDocument: {
      /** @description always "about:blank": the status says what kind of error it is */
      type: string;
      /** @description the kind of error, in words */
      title: string;
      /** @description the HTTP status */
      status: number;
      /** @description what is wrong, and what to do instead */
      detail: string;
      /**
       * @description for each wrong field its name and what is wrong with it
       * @default []
       */
      errors?: {
        [key: string]: string;
      }[];
    };
    /** @description Why a command can't be done. Only the client that sent it gets this. */
    ProblemMessage: {
      /** @constant */
      type: "problem";
      /** @description the kind of error, in words */
      title: string;
      /** @description what is wrong, and what to do instead */
      detail: string;
      /** @description the status that the same error has over HTTP */
      status: number;
    };
    /** @description Which problem, and at which moment; if absent, now. */
    ProblemQuery: {
      a?: number | null;
      b?: number | null;
      c?: number | null;
      iteration?: number | null;
    };
    /** @description A run as one program that needs only Python and NumPy. */
    ProgramDocument: {
      generation: number;
      /** @description how many changes of the learning rate it knows */
      changes: number;
      lines: components["schemas"]["ProgramLine"][];
      /** @description the names in its lines */
      variables: {
        [key: string]: components["schemas"]["ProgramVariable"];
      };
    };
    /** @description A line of the program. */
    ProgramLine: {
      /** @description without the spaces that it begins with */
      text: string;
      /** @description how many levels of four spaces it begins with */
      indent: number;
      /** @description what it belongs to: "setup", "function", "problem", "forward", "forward.state", "forward.output", "error", "backward", "backward.output", "backward.state", "backward.weights" or "update"; "" for all that frames these */
      step: string;
      /** @description the names in it that have a meaning, in their order */
      variables: string[];
    };
    /** @description Which names the program has. */
    ProgramQuery: {
      /**
       * @description "formulas", or "script" for the names of the script that this project grew from
       * @default formulas
       * @enum {string}
       */
      names?: "formulas" | "script";
    };
    /** @description What a name of the program means. */
    ProgramVariable: {
      /** @description what it holds, as frames call it, such as "hidden_states", "weights.W_hh" or "operand.a"; "" for what no frame has */
      role: string;
      /** @description the same in words */
      meaning: string;
      /** @description the shape of the array; null for what is no array */
      shape: number[] | null;
    };
    /** @description What is known of one moment. */
    ProofMoment: {
      iteration: number;
      /** @enum {string} */
      state: "none" | "running" | "proved" | "refuted" | "undecided" | "cancelled";
    };
    /** @description What some sets of hidden states cover on the axes of `/states`. */
    ProofOutline: {
      /** @description the state of the task's machine that they stand for, by its place */
      state: number;
      /** @description how many sets leave them yet; 0 if none does */
      leaving: number;
      /** @description the corners, in order */
      points: [number, number][];
    };
    /** @description The sets of hidden states at one moment of the search. */
    ProofPicture: {
      /** @description how often they have grown */
      round: number;
      remembered: number;
      ahead: number;
      outlines: components["schemas"]["ProofOutline"][];
    };
    /**
     * @description About which moment; if absent, the one that is being proved or was asked about last. With `picture`, a picture of
     *     the sets comes along: the one of this number from 0 or, if there are fewer, the last one.
     */
    ProofQuery: {
      iteration?: number | null;
      picture?: number | null;
    };
    /** @description Whether the network is right on numbers of any length, and how far the search for a proof is. */
    ProofStatus: {
      /** @description the run's id */
      run: string;
      /** @description how often the run was reset */
      generation: number;
      /** @description after how many iterations the network was looked into */
      iteration: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
      /**
       * @description "proved": right on every problem of every length; "refuted": a problem fails; "undecided": neither was found
       * @enum {string}
       */
      state: "none" | "running" | "proved" | "refuted" | "undecided" | "cancelled";
      /** @description from 0 to 1, about: nobody knows how many rounds it takes */
      progress: number;
      /** @description what it is at, or was: problems are tried, the sets grow, or the result is checked */
      stage: ("refuting" | "closing" | "checking") | null;
      /** @description how many of the last positions a set stands for */
      remembered: number;
      /** @description how many further positions are looked at from each set */
      ahead: number;
      /** @description how often the sets have grown */
      round: number;
      /** @description the number of sets */
      nodes: number;
      /** @description the number of sets that something leaves yet */
      leaving: number;
      /** @description if proved, the least distance of an output from one half */
      margin: number | null;
      /** @description the same before the sigmoid */
      logit_margin: number | null;
      /** @description if refuted, a problem that fails */
      counterexample: components["schemas"]["FailingProblem"] | null;
      /** @description how long it took, or takes already */
      seconds: number;
      /** @description if proved, the address of the file from which anybody can check it */
      certificate: string | null;
      /** @description the same in words */
      detail: string | null;
      /** @description how many pictures of the sets there are */
      pictures: number;
      /** @description only present if asked for */
      picture?: components["schemas"]["ProofPicture"] | null;
      /** @description all moments about which something is known, in order */
      proofs: components["schemas"]["ProofMoment"][];
      /** @description moments that were kept, of which nothing has to be computed again, in order; at most 256 */
      moments: number[];
    };
    /** @description Which moment to prove; if absent, now. */
    Prove: {
      iteration?: number | null;
    };
    /** @description The latest moment at which the network was proved right on numbers of any length. */
    ProvedRight: {
      /** @description after how many iterations */
      iteration: number;
      /** @description the least distance of an output from one half */
      margin: number | null;
    };
    /** @description All changes of a run's learning rate. */
    RateChanges: {
      generation: number;
      /** @description each [iteration, value], in order; those after the run's iteration are planned */
      changes: [number, number][];
    };
    /** @description How far back the error of each position of a problem reaches. Position 0 is the least significant. */
    Reach: {
      /** @description the run's id */
      run: string;
      /** @description how often the run was reset */
      generation: number;
      /** @description after how many iterations the network was looked into */
      iteration: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
      /** @description norms[t][s] is the 2-norm of d(loss at t)/d(hidden state after s); null for s > t, and where the network's numbers are not finite */
      norms: (number | null)[][];
      /** @description what is left of an error d positions back: the median over t of norms[t][t-d] / norms[t][t]; null where no such number is finite */
      shares: (number | null)[];
    };
    /** @description How far back the error of a problem reaches, at some moments of training. `iteration` is the last of them. */
    ReachAlong: {
      /** @description the run's id */
      run: string;
      /** @description how often the run was reset */
      generation: number;
      /** @description after how many iterations the network was looked into */
      iteration: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
      /** @description in order; only moments that are kept, at most twelve */
      moments: components["schemas"]["ReachAt"][];
    };
    /** @description The reach at one moment of training. */
    ReachAt: {
      /** @description after how many iterations */
      iteration: number;
      /** @description as in the reach */
      shares: (number | null)[];
    };
    /** @description The lab can be used. */
    Readiness: {
      /** @constant */
      status: "ready";
    };
    /**
     * @description Begin again, with the given config merged onto the default or, without one, with the run's own. With `edits`,
     *     some weights begin with another value or are held.
     */
    ResetCommand: {
      config?: {
        [key: string]: unknown;
      } | null;
      edits?: unknown[] | null;
      /** @constant */
      type: "reset";
    };
    /**
     * @description The config to begin again with; if absent, the run's own, with the edits of its beginning. `edits` are made
     *     instead.
     */
    ResetRun: {
      config?: {
        [key: string]: unknown;
      } | null;
      edits?: unknown[] | null;
    };
    /** @description Where a run stands. */
    RunStatus: {
      /** @description the run's id, as in its address */
      id: string;
      /** @description the name that people see */
      name: string;
      /**
       * @description what the run does at the moment
       * @enum {string}
       */
      state: "ready" | "running" | "paused" | "finished" | "diverged" | "failed";
      /** @description how often the run was reset */
      generation: number;
      /** @description how many iterations are done */
      iteration: number;
      config: components["schemas"]["TrainingConfig"];
      /** @description the newest 100 changes of the learning rate, each [iteration, value]; those after the run's iteration are planned */
      changes: [number, number][];
      /**
       * @description how many older changes are not listed here, if there are any; /api/runs/{id}/changes lists all
       * @default 0
       */
      changes_left_out?: number;
      /**
       * @description what was done to single weights, in order, those of the runs that it comes from included; those after the run's iteration are planned; left out if there is nothing
       * @default []
       */
      edits?: components["schemas"]["WeightEdit"][];
      /** @description the learning rate at this moment */
      learning_rate: number;
      /** @description iterations a second; null is unlimited; "story" is quick where nothing happens and slow where the network learns */
      speed: number | "story" | null;
      /**
       * @description false if nobody has chosen the speed, so that it is the default; else left out
       * @default true
       */
      speed_chosen?: boolean;
      /** @description the error of the last iteration; null before the first */
      error: number | null;
      /** @description how many iterations the last second had; 0 if it is not running */
      iterations_per_second: number;
      /** @description how many browsers and programs watch */
      viewers: number;
      /** @description why the run stopped, in words */
      detail: string | null;
      /**
       * @description what the one who asks may do with it
       * @enum {string}
       */
      access: "command" | "watch";
      /**
       * @description true for a visitor's own copy, which only they and the presenter command; else left out
       * @default false
       */
      private?: boolean;
      /** @description only present if the network was proved right at some moment, and the run is in memory */
      proof?: components["schemas"]["ProvedRight"] | null;
      /** @description the moment that is being proved; only present while one is */
      proving?: number | null;
    };
    /**
     * @description Tell the class what the presenter's page shows: this run, a moment of it or now, what is pointed at, and the stop
     *     of the tour. Only the presenter may. It is not answered; followers get a presenter message.
     */
    ShowCommand: {
      /** @constant */
      type: "show";
      iteration?: number | null;
      /** @description an object such as {"at": "stage", "part": 12, "x": 0, "y": 0.5} */
      pointer?: components["schemas"]["Pointer"] | null;
      tour?: number | null;
    };
    /** @description Set how many iterations a second the run trains. */
    SpeedCommand: {
      /** @constant */
      type: "speed";
      /** @description iterations a second, a number from 0.1 to 1000000, null for unlimited, or "story": quick where nothing happens, slow where it learns */
      value: number | "story" | null;
    };
    /** @description Train on. Answered by a status. */
    StartCommand: {
      /** @constant */
      type: "start";
    };
    /** @description A hidden state, and what should be remembered there. */
    StatePoint: {
      /** @description its place on the first axis */
      x: number;
      /** @description its place on the second axis */
      y: number;
      /** @description the state of the task's machine after this position */
      state: string;
      position: number;
      a: number;
      b?: number | null;
      c?: number | null;
    };
    /**
     * @description The hidden states as places, where the bits alone do not tell what should be remembered. Position 0 is the least
     *     significant.
     */
    States: {
      /** @description the run's id */
      run: string;
      /** @description how often the run was reset */
      generation: number;
      /** @description after how many iterations the network was looked into */
      iteration: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
      /** @description two unit vectors at right angles, each with a number for each hidden unit; with one unit the second is zero. Along the first, the states differ most by what should be remembered */
      axes: number[][];
      /** @description the hidden state at which the axes cross */
      origin: number[];
      /** @description the moment to which axes and origin were fitted */
      axes_iteration: number;
      /** @description the cosine of the angle between the first axis and that fitted to this moment, from 0 to 1, whichever way they point */
      alignment: number;
      /** @description some of the tested states: the same problems and positions at each moment */
      points: components["schemas"]["StatePoint"][];
      /** @description the share of states that a threshold on the first axis tells right. Axis and threshold are fitted to this moment, on other problems */
      separation: number;
      /** @description the share that the bits alone would tell right */
      base_rate: number;
      /** @description the number of states that both shares are of */
      tested: number;
      /** @description the states of the task's machine; it starts in the first */
      states: string[];
      /** @description what each hidden unit tells of the machine's state, from -1 to 1: its correlation with it */
      tells: number[];
      /** @description [iteration, separation] at moments up to now; only if asked for */
      history?: [number, number][] | null;
      /** @description how many of these moments are still to be computed: ask again; left out if there are none */
      pending?: number | null;
    };
    /** @description At which moment to look at the hidden states; if absent, now. */
    StatesQuery: {
      iteration?: number | null;
      axes?: number | null;
      history?: number | null;
    };
    /** @description Where the run stands. It comes first, and again after every change. */
    StatusMessage: {
      /** @constant */
      type: "status";
      /** @description the run, as GET /api/runs/{id} tells it */
      run: components["schemas"]["RunStatus"];
    };
    /** @description Do some iterations at full speed, and stop. Answered by a status. */
    StepCommand: {
      /**
       * @description a whole number from 1 to 10000
       * @default 1
       */
      iterations?: number;
      /** @constant */
      type: "step";
    };
    /** @description How many iterations to do. */
    StepRun: {
      /**
       * @description a whole number from 1 to 10000
       * @default 1
       */
      iterations?: number;
    };
    /** @description Whether runs are stored when the server ends. */
    StorageStatus: {
      /** @enum {string} */
      state: "kept" | "none" | "trouble";
      /** @description why runs are not stored, or what happened to runs that were stored before */
      detail: string | null;
      /** @description how many bytes stored runs take */
      used?: number | null;
      /** @description how many bytes they may take */
      budget?: number | null;
      /** @description how many of these bytes belong to deleted runs; they are freed when room is needed */
      deleted?: number | null;
    };
    /** @description What was found of one combination of settings, over its seeds. */
    SweepCell: {
      /** @description its place among the cells */
      place: number;
      /** @description the fields that vary, and their values here */
      values: {
        [key: string]: unknown;
      };
      /** @description how many networks it has: one for each seed */
      members: number;
      /** @description how many of them have ended */
      done: number;
      /** @description how many were right on every problem that was looked at, at their end */
      learned: number;
      /** @description true if there are more problems than were looked at: a sample, and hard ones, which need a long memory; false if those are all there are */
      sampled: boolean;
      /** @description how many diverged */
      diverged: number;
      /** @description lower quartile, median and upper quartile of the iterations at which 99% of the problems looked at were right first; null if no network got there */
      reached: number[] | null;
      /** @description how many networks got there */
      reached_by: number;
    };
    /** @description What was found of one network of a sweep. */
    SweepMember: {
      /** @description its place in the sweep */
      member: number;
      /** @description the cell that it belongs to */
      cell: number;
      /** @description its whole configuration: a run with it computes the same again */
      config: {
        [key: string]: unknown;
      };
      /** @description whether it has ended; if not, nothing is known of it yet */
      done: boolean;
      /** @description how many it has done */
      iterations: number;
      /** @description the share of problems right at its end; of a sample, if sampled */
      accuracy: number | null;
      /** @description the same of the hard problems beside a sample; else null */
      hard_accuracy: number | null;
      /** @description whether it was right on every problem that was looked at, at its end */
      learned: boolean;
      /** @description whether there are more problems than were looked at */
      sampled: boolean;
      /** @description the iteration at which 99% were right first, or null */
      reached: number | null;
      /** @description whether it diverged */
      diverged: boolean;
      /** @description the mean error of each stretch of its iterations; all but the last are equally long */
      errors: number[];
    };
    /**
     * @description How far a sweep is, and what has changed: what /api/sweeps/{id}/stream sends. The first message has all cells, a
     *     later one only those that have changed since the one before.
     */
    SweepMessage: {
      /** @description the sweep's id, as in its address */
      id: string;
      /** @description the name that people see */
      name: string;
      /**
       * @description what the sweep does; one that is running may still wait for another one
       * @enum {string}
       */
      state: "running" | "paused" | "finished" | "failed";
      /** @description why it does not go on, or what it waits for, in words */
      detail: string | null;
      /** @description how many networks have ended */
      done: number;
      /** @description how many networks there are */
      members: number;
      /** @description how much of all iterations is done, from 0 to 1 */
      progress: number;
      /** @constant */
      type: "sweep";
      /** @description the cells that have changed */
      cells: components["schemas"]["SweepCell"][];
    };
    /** @description How far a sweep is. */
    SweepProgress: {
      /** @description the sweep's id, as in its address */
      id: string;
      /** @description the name that people see */
      name: string;
      /**
       * @description what the sweep does; one that is running may still wait for another one
       * @enum {string}
       */
      state: "running" | "paused" | "finished" | "failed";
      /** @description why it does not go on, or what it waits for, in words */
      detail: string | null;
      /** @description how many networks have ended */
      done: number;
      /** @description how many networks there are */
      members: number;
      /** @description how much of all iterations is done, from 0 to 1 */
      progress: number;
    };
    /** @description Where a sweep stands, and what it trains. */
    SweepStatus: {
      /** @description the sweep's id, as in its address */
      id: string;
      /** @description the name that people see */
      name: string;
      /**
       * @description what the sweep does; one that is running may still wait for another one
       * @enum {string}
       */
      state: "running" | "paused" | "finished" | "failed";
      /** @description why it does not go on, or what it waits for, in words */
      detail: string | null;
      /** @description how many networks have ended */
      done: number;
      /** @description how many networks there are */
      members: number;
      /** @description how much of all iterations is done, from 0 to 1 */
      progress: number;
      /** @description every combination of the values; the last field changes fastest */
      cells: components["schemas"]["SweepCell"][];
      /** @description what all networks have that differs from the default configuration */
      config: {
        [key: string]: unknown;
      };
      /** @description the values of each field that varies */
      vary: {
        [key: string]: unknown[];
      };
      /** @description the seeds from which each combination is trained */
      seeds: number[];
      /** @description iterations between two looks at the accuracy */
      every: number;
      /** @description the engine that trains them */
      engine: string;
    };
    /** @description What a run learns, and what to compare it with. */
    TaskDescription: {
      task: string;
      title: string;
      bits: number;
      operands: string[];
      /** @description numbers in training are smaller than this */
      operand_limit: number;
      /** @description how a problem is written, the operands in braces */
      expression: string;
      /** @description whether the result is a yes or no, read at the last position */
      truth: boolean;
      /** @description what has to be remembered, in a word; empty if there is nothing */
      carried: string;
      /** @description the states of the machine that solves the task; it starts in the first */
      states: string[];
      /** @description [state, bits, next state, output bit] */
      machine: [string, number[], string, number][];
      /** @description the errors that simple behaviours would have */
      reference_errors: components["schemas"]["Plateau"][];
      /** @description the gates of the run's cell */
      gates: string[];
    };
    /** @description A task that a network can learn. */
    TaskOption: {
      name: string;
      title: string;
      operands: string[];
      /** @description how a problem is written, the operands in braces */
      expression: string;
      least_bits: number;
      /** @description what has to be remembered, in a word; empty if there is nothing */
      carried: string;
    };
    /**
     * @description What happens inside a network at one problem. There is a row for each position, and position 0, the least
     *     significant bit, comes first. A number too large for float64 is null.
     */
    TraceDocument: {
      /** @description the bits that come in, one for each operand */
      inputs: (number | null)[][];
      /** @description the bits that should come out */
      targets: (number | null)[];
      /** @description P(bit = 1) */
      outputs: (number | null)[];
      /** @description one row more than positions: the first is the start, all zeros */
      hidden_states: (number | null)[][];
      /** @description minus the gradient of the loss at the logit */
      output_deltas: (number | null)[];
      /** @description minus the gradient of the loss at each hidden unit before its activation; for a gated cell, at the hidden state */
      hidden_deltas: (number | null)[][];
      /** @description the values of each gate; empty for a cell without gates */
      gates: {
        [key: string]: (number | null)[][];
      };
      /** @description for an LSTM, and left out for other cells: as hidden_states, for the cell state */
      cell_states?: (number | null)[][] | null;
    };
    /** @description Everything that decides what a run computes. The default is the script's. */
    TrainingConfig: {
      /** @default addition */
      task: string;
      /** @default 8 */
      bits: number;
      /** @default elman */
      cell: string;
      /** @default sigmoid */
      activation: string;
      /** @default 16 */
      hidden_size: number;
      /** @default false */
      bias: boolean;
      /** @default uniform */
      init: string;
      /** @default squared_error */
      loss: string;
      /** @default sgd */
      optimizer: string;
      /** @default 0.1 */
      learning_rate: number;
      clip_norm: number | null;
      /** @default 1 */
      batch_size: number;
      /** @default 0 */
      seed: number;
      /** @default 50000 */
      max_iterations: number;
    };
    /** @description What was done to some entries of a matrix. */
    WeightEdit: {
      /** @description how many iterations were done before */
      iteration: number;
      /** @description the matrix */
      parameter: string;
      /** @description the entry: an index for each axis, or null for all along it; left out for the whole matrix */
      at?: (number | null)[] | null;
      /** @description what they became; left out if they stayed */
      value?: number | null;
      /** @description true: held from then on, without updates and moments; false: released; left out if neither */
      frozen?: boolean | null;
    };
    /** @description Why an answer is wrong, or how near a right one was to being wrong. Position 0 is the least significant. */
    Why: {
      /** @description the run's id */
      run: string;
      /** @description how often the run was reset */
      generation: number;
      /** @description after how many iterations the network was looked into */
      iteration: number;
      /** @description only present if this machine computes something else than the run recorded */
      parting?: components["schemas"]["Parting"] | null;
      /** @description the first wrong bit; if all are right, the one whose output is nearest to one half */
      position: number;
      /** @description what comes in there */
      case: components["schemas"]["MachineCase"];
      /** @description P(bit = 1) that the network said */
      probability: number;
      /** @description the bit that is right */
      expected: number;
      /**
       * @description what is to blame: the memory, or the reading of it; right if no bit is wrong
       * @enum {string}
       */
      verdict: "memory" | "reading" | "right";
      /** @description what another memory would have made of it; null if there is no other, as at position 0 */
      patched: components["schemas"]["Patched"] | null;
      /**
       * @description true if the output is not a number, else left out; such an output counts as the wrong bit, with probability 0 or 1
       * @default false
       */
      overflow?: boolean;
    };
    /** @description A problem that the network gets wrong, or right with a large error. */
    WrongAnswer: {
      a: number;
      b?: number | null;
      c?: number | null;
      expected: number;
      predicted: number;
      error: number;
    };
  };
  responses: never;
  parameters: never;
  requestBodies: never;
  headers: never;
  pathItems: never;
}
export type Accuracy = components["schemas"]["Accuracy"];
export type AccuracyQuery = components["schemas"]["AccuracyQuery"];
export type Answer = components["schemas"]["Answer"];
export type Answers = components["schemas"]["Answers"];
export type AnswersQuery = components["schemas"]["AnswersQuery"];
export type AuditLine = components["schemas"]["AuditLine"];
export type AuditQuery = components["schemas"]["AuditQuery"];
export type BranchPoint = components["schemas"]["BranchPoint"];
export type CaseAnswer = components["schemas"]["CaseAnswer"];
export type CellOption = components["schemas"]["CellOption"];
export type CheckConfig = components["schemas"]["CheckConfig"];
export type ClassPlace = components["schemas"]["ClassPlace"];
export type ClassStatus = components["schemas"]["ClassStatus"];
export type CreateRun = components["schemas"]["CreateRun"];
export type CreateSweep = components["schemas"]["CreateSweep"];
export type EngineQuery = components["schemas"]["EngineQuery"];
export type EngineStatus = components["schemas"]["EngineStatus"];
export type Errors = components["schemas"]["Errors"];
export type ErrorsQuery = components["schemas"]["ErrorsQuery"];
export type ErrorsSummary = components["schemas"]["ErrorsSummary"];
export type EventsQuery = components["schemas"]["EventsQuery"];
export type ExtractedMachine = components["schemas"]["ExtractedMachine"];
export type FailingProblem = components["schemas"]["FailingProblem"];
export type FieldOption = components["schemas"]["FieldOption"];
export type FirstFailure = components["schemas"]["FirstFailure"];
export type Glossary = components["schemas"]["Glossary"];
export type GlossaryEntry = components["schemas"]["GlossaryEntry"];
export type GlossarySection = components["schemas"]["GlossarySection"];
export type Health = components["schemas"]["Health"];
export type ImportQuery = components["schemas"]["ImportQuery"];
export type Inside = components["schemas"]["Inside"];
export type Lengths = components["schemas"]["Lengths"];
export type LongQuery = components["schemas"]["LongQuery"];
export type MachineCase = components["schemas"]["MachineCase"];
export type MachineStep = components["schemas"]["MachineStep"];
export type MapQuery = components["schemas"]["MapQuery"];
export type Me = components["schemas"]["Me"];
export type MembersQuery = components["schemas"]["MembersQuery"];
export type Milestone = components["schemas"]["Milestone"];
export type MilestonesMessage = components["schemas"]["MilestonesMessage"];
export type Operands = components["schemas"]["Operands"];
export type Options = components["schemas"]["Options"];
export type Overview = components["schemas"]["Overview"];
export type OverviewQuery = components["schemas"]["OverviewQuery"];
export type Parting = components["schemas"]["Parting"];
export type PastMoment = components["schemas"]["PastMoment"];
export type PatchRun = components["schemas"]["PatchRun"];
export type PatchSweep = components["schemas"]["PatchSweep"];
export type Patched = components["schemas"]["Patched"];
export type PauseCommand = components["schemas"]["PauseCommand"];
export type Plateau = components["schemas"]["Plateau"];
export type Pointer = components["schemas"]["Pointer"];
export type PredictRequest = components["schemas"]["PredictRequest"];
export type PresenterMessage = components["schemas"]["PresenterMessage"];
export type PresenterPointer = components["schemas"]["PresenterPointer"];
export type ProblemDocument = components["schemas"]["ProblemDocument"];
export type ProblemMessage = components["schemas"]["ProblemMessage"];
export type ProblemQuery = components["schemas"]["ProblemQuery"];
export type ProgramDocument = components["schemas"]["ProgramDocument"];
export type ProgramLine = components["schemas"]["ProgramLine"];
export type ProgramQuery = components["schemas"]["ProgramQuery"];
export type ProgramVariable = components["schemas"]["ProgramVariable"];
export type ProofMoment = components["schemas"]["ProofMoment"];
export type ProofOutline = components["schemas"]["ProofOutline"];
export type ProofPicture = components["schemas"]["ProofPicture"];
export type ProofQuery = components["schemas"]["ProofQuery"];
export type ProofStatus = components["schemas"]["ProofStatus"];
export type Prove = components["schemas"]["Prove"];
export type ProvedRight = components["schemas"]["ProvedRight"];
export type RateChanges = components["schemas"]["RateChanges"];
export type Reach = components["schemas"]["Reach"];
export type ReachAlong = components["schemas"]["ReachAlong"];
export type ReachAt = components["schemas"]["ReachAt"];
export type Readiness = components["schemas"]["Readiness"];
export type ResetCommand = components["schemas"]["ResetCommand"];
export type ResetRun = components["schemas"]["ResetRun"];
export type RunStatus = components["schemas"]["RunStatus"];
export type ShowCommand = components["schemas"]["ShowCommand"];
export type SpeedCommand = components["schemas"]["SpeedCommand"];
export type StartCommand = components["schemas"]["StartCommand"];
export type StatePoint = components["schemas"]["StatePoint"];
export type States = components["schemas"]["States"];
export type StatesQuery = components["schemas"]["StatesQuery"];
export type StatusMessage = components["schemas"]["StatusMessage"];
export type StepCommand = components["schemas"]["StepCommand"];
export type StepRun = components["schemas"]["StepRun"];
export type StorageStatus = components["schemas"]["StorageStatus"];
export type SweepCell = components["schemas"]["SweepCell"];
export type SweepMember = components["schemas"]["SweepMember"];
export type SweepMessage = components["schemas"]["SweepMessage"];
export type SweepProgress = components["schemas"]["SweepProgress"];
export type SweepStatus = components["schemas"]["SweepStatus"];
export type TaskDescription = components["schemas"]["TaskDescription"];
export type TaskOption = components["schemas"]["TaskOption"];
export type TraceDocument = components["schemas"]["TraceDocument"];
export type TrainingConfig = components["schemas"]["TrainingConfig"];
export type WeightEdit = components["schemas"]["WeightEdit"];
export type Why = components["schemas"]["Why"];
export type WrongAnswer = components["schemas"]["WrongAnswer"];
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
