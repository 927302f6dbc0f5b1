// What the server hands to the views and what they may call, made from the annotations in Python.
// Written by `python -m webui.border.typings`; a test fails when it is out of date.

// In comments of scripts: {Server.JobView}.
export as namespace Server;

/** Approved rows that became part of a data set. */
export interface AddedRows {
  /** its id */
  dataset: number;
  /** that were added */
  rows: number;
  /** of another kind, which stay */
  left: number;
  /** that has them */
  version?: number;
  /** that makes the version */
  job?: number;
}

/** The win rate of the leading model among votes with a winner, were both answers equally long. */
export interface AdjustedView {
  /** of the first of the two */
  share: number;
  /** end of its interval of 95 %, for one look */
  low: number;
  /** the other end */
  high: number;
  /** that it was counted on */
  prompts: number;
}

/** A setting that a failed job's error would change. */
export interface AdviceRow {
  /** of the setting */
  label: string;
  /** in words */
  value: string;
}

/** A method for the guide's answers. */
export interface AdviceView {
  /** its key */
  method: string;
  /** its name */
  label: string;
  /** why */
  reason: string;
  /** that it takes */
  memory_mb: number;
}

/** How far two people agree on prompts that both ranked. */
export interface AgreementView {
  /** name */
  one: string;
  /** name */
  other: string;
  /** that both ranked */
  prompts: number;
  /** of answers that both told apart */
  pairs: number;
  /** of these, in the same order */
  agreed: number;
  /** agreed of pairs */
  share: number | null;
  /** end of its interval of 95 % */
  low: number | null;
  /** the other end */
  high: number | null;
  /** Kendall's tau-b, mean over the prompts */
  tau: number | null;
  /** in a word: "none", "chance", "weak", "fair" or "good" */
  verdict: string;
}

/** The same of an answer in a conversation. */
export interface AnswerScore {
  /** None where it has nothing to say */
  score: number | null;
  /** why it has not */
  error: CodedMessage | null;
  /** counted from 1 */
  turn: number;
  /** "base" or "tuned:ID" */
  side: string;
}

/** Numbers of an answer. */
export interface AnswerStats {
  /** prompts before it, while it waits */
  place?: number;
  /** while it is given */
  phase?: "waiting" | "loading" | "streaming" | "complete" | "stopped" | "failed";
  /** of the answer */
  tokens?: number;
  /** of what was asked */
  prompt_tokens?: number;
  /** of these, that had been read for an earlier prompt */
  reused_tokens?: number;
  /** why it ended */
  reason?: string;
  /** seconds to the first token */
  first_token_s?: number;
  /** after that */
  tokens_per_second?: number;
  /** whether it said nothing that is shown */
  silent?: unknown;
  /** why it failed */
  error?: CodedMessage;
  /** that it was drawn with */
  seed?: number;
  /** before the model was there */
  waited_s?: number;
  /** that it was given on */
  device?: string;
  /** number format */
  precision?: string;
  /** a person wrote it */
  edited?: boolean;
  /** of a prompt: with its variables */
  template?: string;
  /** of a prompt: of its variables */
  values?: Record<string, string>;
}

/** An example of the guide's answers, with its advice. */
export interface AnsweredGuide {
  /** that training may take */
  memory_gb: number;
  /** rows to train on */
  examples: number;
  /** what should be trained */
  goal: string;
  /** the best first */
  advice: AdviceView[];
}

/** A key, without what opens anything. */
export interface ApiKeyView {
  /** of its row */
  id: number;
  /** that the user gave it */
  name: string;
  /** its beginning and end */
  shown: string;
  /** requests that it may make in a minute */
  per_minute: number;
  /** when it was made */
  made_at: number;
  /** its last request */
  used_at: number | null;
  /** so far */
  requests: number;
  /** read and written, so far */
  tokens: number;
  /** from then on it opens nothing */
  revoked_at: number | null;
}

/** The keys, and what an example of their use needs. */
export interface ApiKeysView {
  /** the newest first */
  keys: ApiKeyView[];
  /** a model that can be asked for; None where none is here */
  model: string | null;
  /** requests a minute that are proposed */
  usual: number;
  /** that can be chosen */
  most: number;
}

/** An answer without a name. */
export interface ArenaAnswer {
  /** that stands for whoever gave it */
  letter: string;
  /** of it */
  text: string;
  /** it ended by itself */
  whole: boolean;
}

/** Who gave an answer. */
export interface ArenaName {
  /** that stood for it */
  letter: string;
  /** "base", "tuned:ID" and the like */
  side: string;
  /** the model's name */
  label: string;
  /** as pages colour it */
  kind: "base" | "tuned" | "fewshot";
  /** of the weights that answered */
  weights_hash: string;
}

/** One question with its answers. */
export interface ArenaTurn {
  /** of the conversation */
  turn: number;
  /** that was asked */
  prompt: string;
  /** of all answers together */
  state: "writing" | "ready" | "alike" | "failed" | "stopped";
  /** why there are none */
  error: CodedMessage | null;
  /** once all are there, in this person's order */
  answers: ArenaAnswer[];
  /** of this person */
  vote: KeptVote | null;
  /** once this person may know them */
  names: ArenaName[];
}

/** A blind comparison as one person sees it. */
export interface ArenaView {
  /** of the conversation */
  id: number;
  /** of the base model */
  base_name: string;
  /** names of those that answer, by the alphabet */
  among: string[];
  /** why it cannot go on */
  read_only: CodedMessage | null;
  /** that is asked for, else the first without a vote */
  turn: ArenaTurn | null;
  /** something is being answered */
  busy: boolean;
  /** further turns that wait for a vote */
  ahead: number;
  /** questions that were not asked yet */
  left: number;
  /** questions of the list on which this person has yet to say something, those not asked yet too */
  unvoted: number;
  /** questions in all */
  total: number;
  /** of this person */
  votes: number;
  /** turns that this person passed over */
  passed: number;
  /** turns in which all said the same */
  alike: number;
  /** names are shown after each vote */
  reveal: boolean;
  /** each question is asked alone */
  apart: boolean;
  /** tuned models of the base that take part */
  tuned_ids: number[];
}

/** A blind comparison as a form asks for it. */
export interface ArenaWish {
  /** base model */
  base_id: number;
  /** names of all that answer */
  sides: string[];
  /** to answer with */
  settings: ChatSettings;
  /** of the questions: `own` is asked by hand */
  source: "validation" | "list" | "own";
  /** of a list */
  questions: string[];
  /** each question is asked alone, without the turns before it */
  apart: boolean;
  /** names are shown after each vote */
  reveal: boolean;
}

/** One way in which records become conversations, with the shape that they have then. */
export interface ArrangementWay {
  /** as an import's choice has it */
  arrange: Record<string, any>;
  /** of the sentence that says why: `detect.<code>` */
  code: string;
  /** of the sentence */
  params: Record<string, any>;
  /** that there are then */
  columns: string[];
  /** key of a shape */
  shape: string | null;
  /** field of the shape -> column */
  mapping: Record<string, string>;
  /** field -> wordings */
  templates: Record<string, string[]>;
}

/** The same asked once more. */
export interface AskedAgain {
  /** of the answer */
  text: string;
  /** it is the same, word for word */
  same: boolean;
  /** character from which it is another one */
  at: number | null;
  /** that it was given on */
  device: string | null;
  /** number format */
  precision: string | null;
}

/** How far the newest audit is, and what it found. */
export interface AuditView {
  /** in use */
  version: number;
  /** in it */
  rows: number;
  /** it is small enough to be looked through unasked */
  by_itself: boolean;
  /** of the audit */
  state: "none" | "waiting" | "running" | "done" | "stopped" | "failed";
  /** that is done, 0 to 1 */
  share: number;
  /** that looks */
  job: number | null;
  /** why it failed */
  error: CodedMessage | null;
  /** by check that is through */
  checks: Record<string, CheckCounts>;
  /** of the audit */
  settings: AuditWish;
  /** seconds since 1970 */
  finished_at: number | null;
}

/** Which checks, with which settings. */
export interface AuditWish {
  /** checks that are left out */
  off?: string[];
  /** settings by check */
  values?: Record<string, Record<string, any>>;
}

/** One base model. */
export interface BaseModelView {
  /** of its row */
  id: number;
  /** shown in lists */
  name: string;
  /** "starter", "hub", "folder" or "resized" */
  source: string;
  /** name at its source, or its folder */
  ref: string;
  /** None until it is known */
  parameters: number | null;
  /** most tokens that it takes */
  context_length: number | null;
  /** of its weights */
  weights_hash: string | null;
  /** seconds since 1970 */
  created_at: number;
  /** whether it can be used; "known": planned with, its weights come later */
  status: "preparing" | "known" | "ready" | "failed";
  /** why it failed, or why the weights of a known one could not be fetched */
  error: CodedMessage | null;
  /** of a model that came from a hub */
  facts: ModelFacts | null;
  /** whether it can be trained here; None where its measures are not known */
  fits: FitHere | null;
  /** it has no template of its own */
  default_template: boolean;
  /** "llama" ... */
  architecture: string | null;
  /** what is wrong where its tokenizer and its embedding do not fit */
  vocabulary: CodedMessage | null;
  /** a copy that fits can be made */
  resizable: boolean;
  /** the copy that was made, or is being made */
  resized: number | null;
  /** that prepares it */
  job_id: number | null;
  /** while it is prepared */
  progress: PrepareProgress | null;
}

/** A base model with the tuned ones that were made from it. */
export interface BaseOption {
  /** of its row */
  id: number;
  /** of it */
  name: string;
  /** the newest first */
  tuned: TunedOption[];
  /** of jobs on it, those of the newest jobs first */
  checkpoints: CheckpointOption[];
  /** of its weights, where they are not here yet; None where they are */
  missing_bytes: number | null;
}

/** Several answers to a question, and the best of them. */
export interface BestOfView {
  /** how far it is */
  status: "waiting" | "answering" | "scoring" | "done" | "failed";
  /** in the order in which they were drawn */
  answers: DrawnAnswer[];
  /** place of the best one among them; None while nothing is scored */
  best: number | null;
  /** why there is none */
  error: CodedMessage | null;
}

/** What a person thinks of the answers of one turn. */
export interface BlindVote {
  /** of the answers as they are shown, 1 is best; empty: passed over */
  ranks: number[];
  /** none of them was good */
  bad: boolean;
  /** the best answer as the person wrote it */
  best: string | null;
}

/** A row in the list. */
export interface BrowsedRow {
  /** of a conversation */
  messages?: ChatTurn[];
  /** plain text */
  text?: string;
  /** before two answers, or a judged one */
  prompt?: ChatTurn[];
  /** the better answer */
  chosen?: ChatTurn[];
  /** the worse answer */
  rejected?: ChatTurn[];
  /** how much better the better answer is */
  margin?: number;
  /** of a ranking */
  answers?: ChatTurn[][];
  /** of them, 1 is best; equal ones are ties */
  ranks?: number[];
  /** of them, of which the ranks were made */
  scores?: number[];
  /** a judged answer */
  completion?: ChatTurn[];
  /** the judgement */
  label?: boolean;
  /** what an answer to a question without one is judged by */
  reference?: Record<string, any>;
  /** definitions of functions */
  tools?: unknown[];
  /** how much the row counts in the loss; 1 where it does not say */
  weight?: number;
  /** other columns */
  extra?: Record<string, any>;
  /** who made it */
  origin?: Record<string, any>;
  /** stays the same in all versions */
  id?: number;
  /** that it belongs to */
  split?: "train" | "val" | "test";
  /** of the file */
  line?: number | null;
  /** where there are several */
  file?: string | null;
  /** place among those that were asked for */
  index?: number;
  /** in the file */
  place: number;
  /** long texts were cut */
  clipped: boolean;
  /** of the whole row */
  numbers: RowMeasures;
}

/** The next rows of a query. */
export interface BrowsedRows {
  /** that were found */
  rows: BrowsedRow[];
  /** the cursor behind them */
  next: number;
  /** rows in question */
  total: number;
  /** all of these belong to the query */
  exact: boolean;
  /** nothing is left */
  done: boolean;
}

/** A whole model that another program fetched into a hub's cache on this machine. */
export interface CachedModel {
  /** its name on the hub */
  ref: string;
  /** that its files lie in */
  folder: string;
  /** "huggingface" or "modelscope" */
  cache: string;
  /** of its weights */
  bytes: number;
  /** None where it is not known */
  parameters: number | null;
  /** "llama" ... */
  architecture: string;
  /** most tokens that it takes */
  context_length: number | null;
  /** whether it can be trained here; None where its measures are not known */
  fits: FitHere | null;
  /** of the base model that it is here already */
  model_id: number | null;
}

/** Something that a method can or cannot do. */
export interface CapabilityView {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** whether it can */
  can: boolean;
  /** why not */
  reason: string | null;
}

/** A device to plan for. */
export interface CatalogueDevice {
  /** name in specs */
  key: string;
  /** as pages show it */
  name: string;
  /** the shelf that it stands on */
  kind: "gpu" | "apple" | "cpu";
  /** heading within the shelf */
  group: string;
  /** that it has */
  memory_mb: number;
  /** dense half-precision speed; 0 for processors */
  tflops: number;
  /** GB/s of its memory */
  bandwidth: number;
  /** CUDA compute capability */
  capability: [number, number] | null;
  /** of a processor */
  cores: number;
  /** computes in bfloat16 */
  bf16: boolean;
  /** who says so */
  source: string;
  /** what to know before planning for it */
  notes: CodedMessage[];
}

/** A number over the runs that have it. */
export interface CellView {
  /** over the runs */
  mean: number;
  /** sample standard deviation; None for one run */
  spread: number | null;
  /** that have it */
  runs: number;
  /** the best, or as good as the best */
  mark: "best" | "level" | null;
}

/** How many rows an operation changes. */
export interface ChangeCounts {
  /** in their content */
  changed: number;
  /** taken out */
  dropped: number;
  /** put in */
  added: number;
  /** to another split */
  moved: number;
}

/** An example of a change. */
export interface ChangedRow {
  /** of the row */
  id: number;
  /** None where it was added */
  before: DataRow | null;
  /** None where it was dropped */
  after: DataRow | null;
  /** happens to it */
  what: "changed" | "dropped" | "added" | "moved";
}

/** Lengths in characters. */
export interface CharacterSpreads {
  /** of rows */
  whole: SpreadView;
  /** of their answers */
  answer: SpreadView;
}

/** A number over time that an objective adds. */
export interface ChartRow {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** what it says */
  help: string;
}

/** What is to be changed of a conversation. */
export interface ChatChanges {
  /** those that are named */
  settings?: ChatSettings;
  /** names of all that answer from now on, in order */
  sides?: string[];
}

/** What is new in a conversation. */
export interface ChatFeed {
  /** of the process */
  status: ChatStatus;
  /** of the newest turns */
  messages: MessageView[];
}

/** What can be compared. */
export interface ChatOptions {
  /** that are here, or known */
  bases: BaseOption[];
}

/** Settings of a conversation. */
export interface ChatSettings {
  /** told before it */
  system?: string;
  /** 0 always takes the likeliest word */
  temperature?: number;
  /** share of the likeliest words */
  top_p?: number;
  /** of an answer */
  max_tokens?: number;
  /** None: a new one each time */
  seed?: number | null;
  /** how a processor holds them */
  weights?: "full" | "int8";
}

/** What the playground begins with. */
export interface ChatStart {
  /** who can answer */
  options: ChatOptions;
  /** of the process */
  status: ChatStatus;
  /** settings */
  form: ParamForm[];
  /** of the settings */
  defaults: ChatSettings;
  /** of a list of questions */
  lists: ListBounds;
  /** ids of the reward models */
  scorers: number[];
  /** servers elsewhere whose models may answer */
  outside: number;
}

/** Of the process that answers. */
export interface ChatStatus {
  /** a model is in memory */
  loaded: boolean;
  /** that are */
  models: string[];
  /** that it takes */
  memory_mb: number;
  /** it answers */
  busy: boolean;
  /** prompts behind the one that is answered */
  waiting: number;
  /** seconds since the last answer */
  idle_s: number;
  /** that it is on */
  device: string | null;
  /** number format */
  precision: string | null;
  /** of the process */
  pid: number | null;
}

/** One message of a conversation. */
export interface ChatTurn {
  /** "system", "user", "assistant" or "tool" */
  role: string;
  /** its text */
  content?: unknown;
  /** functions that it calls */
  tool_calls?: unknown[];
  /** of the tool that answers */
  name?: string;
  /** how much an answer counts in the loss; 1 where it does not say */
  weight?: number;
}

/** What a check found. */
export interface CheckCounts {
  /** with a finding */
  rows: number;
  /** of rows that belong together */
  groups?: number | null;
}

/** One check as the page shows it. */
export interface CheckForm {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** of what it finds */
  severity: "serious" | "look" | "hint";
  /** what it looks for */
  help: string;
  /** what it found, in words */
  found: string;
  /** of rows that it looks at */
  kinds: string[];
  /** its settings */
  params: ParamForm[];
  /** repairs */
  fixes: FixForm[];
}

/** A checkpoint that can answer. */
export interface CheckpointOption {
  /** of its row */
  id: number;
  /** of the job that wrote it */
  job_id: number;
  /** name of that */
  job: string;
  /** tuned model that the job left; None where it left none */
  tuned_id: number | null;
  /** optimizer steps done */
  step: number;
  /** held-out loss at that step */
  val_loss: number | null;
  /** the lowest of the job's */
  best: boolean;
  /** seconds since 1970 */
  created_at: number;
}

/** A sentence by its key in the catalogue, with the values that fill it in. */
export interface CodedMessage {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
}

/** What the form of a comparison keeps between visits. */
export interface CompareDraft {
  /** its own: starting the same draft twice makes one comparison */
  key: string;
  /** of the comparison */
  name: string;
  /** id */
  base_model: number | null;
  /** id */
  dataset: number | null;
  /** keys of entrants */
  chosen: string[];
  /** settings by entrant */
  own: Record<string, Record<string, any>>;
  /** settings that are the same for all */
  shared: Record<string, any>;
  /** "auto", or key of a device */
  device: string;
  /** limit of each job */
  memory_mb: number | string | null;
  /** rewards that say which of two answers is better; empty for the usual one */
  judged_by?: Record<string, any>[];
}

/** What the Compare page is placed with. */
export interface CompareForms {
  /** that can be chosen */
  entrants: EntrantForm[];
  /** settings that are the same for all */
  shared: ParamForm[];
  /** columns */
  metrics: MetricColumn[];
}

/** What the form of a comparison begins with. */
export interface CompareStart {
  /** to go on with */
  draft: CompareDraft;
  /** all */
  models: BaseModelView[];
  /** those that were imported */
  datasets: DatasetBrief[];
  /** that are here */
  devices: DeviceChoice[];
  /** tuned models that score */
  reward_models: NameOfId[];
  /** of the reward that asks one of them */
  reward_key: string;
  /** what was wrong with the stored draft */
  warnings: CodedMessage[];
}

/** A question with what both answer. */
export interface ComparedAnswer {
  /** the last turn of the prompt */
  question: string;
  /** answer of the tuned model */
  before: string;
  /** answer of the export */
  now: string;
  /** token for token */
  same: boolean;
  /** it was the row's own */
  right_before: boolean;
  /** it is */
  right_now: boolean;
  /** training never saw it */
  held_out: boolean;
}

/** A scored question with everyone's answer. */
export interface ComparedAnswers {
  /** asked */
  question: string;
  /** of the data set */
  expected: string;
  /** answer of the untouched base */
  base: string;
  /** by entrant */
  answers: Record<string, string>;
}

/** What lists show of a comparison. */
export interface ComparisonBrief {
  /** of its row */
  id: number;
  /** of it */
  name: string;
  /** seconds since 1970 */
  created_at: number;
  /** of its model */
  base_model_name: string | null;
  /** of its data */
  dataset_name: string | null;
  /** who takes part */
  entrants: EntrantKey[];
  /** repeats */
  seeds: number;
  /** what is the same for all: "tokens" or "time" */
  held: string;
  /** in all */
  jobs: number;
  /** of these */
  ended: number;
  /** of all of them */
  state: "base" | "running" | "waiting" | "done" | "partly" | "failed" | "stopped";
}

/** What a comparison would cost. */
export interface ComparisonCosts {
  /** that it needs */
  jobs: number;
  /** of all, one after the other; None while one is unknown */
  seconds: number | null;
  /** by key */
  entrants: Record<string, EntrantCost>;
}

/** One comparison, with a mark of what is shown. */
export interface ComparisonView {
  /** of its row */
  id: number;
  /** of it */
  name: string;
  /** seconds since 1970 */
  created_at: number;
  /** as it runs */
  spec: Record<string, any>;
  /** of its model */
  base_model_name: string | null;
  /** of its data */
  dataset_name: string | null;
  /** of all jobs */
  state: "base" | "running" | "waiting" | "done" | "partly" | "failed" | "stopped";
  /** something waits or runs */
  active: boolean;
  /** the base first */
  rows: LeaderboardRow[];
  /** changes when anything else does */
  version: string;
}

/** What lists show of a conversation. */
export interface ConversationBrief {
  /** of its row */
  id: number;
  /** beginning of its first prompt */
  title: string;
  /** that answers */
  base_model_id: number;
  /** of it */
  base_name: string;
  /** that answer as well */
  tuned_ids: number[];
  /** prompts */
  turns: number;
  /** seconds since 1970 */
  created_at: number;
  /** seconds since 1970 */
  updated_at: number;
  /** the first conversation of its family */
  root: number;
  /** the first turn in which it differs from what it branched off; None where it did not */
  branch_turn: number | null;
  /** beginning of what is asked there */
  branch_prompt: string;
}

/** One conversation with all its messages. */
export interface ConversationView {
  /** of its row */
  id: number;
  /** beginning of its first prompt */
  title: string;
  /** that answers */
  base_model_id: number;
  /** of it */
  base_name: string;
  /** that answer as well */
  tuned_ids: number[];
  /** in the chosen order */
  sides: SideView[];
  /** as chosen */
  settings: ChatSettings;
  /** why it cannot go on */
  read_only: CodedMessage | null;
  /** in their order */
  messages: MessageView[];
  /** of the turns that there are several of */
  versions: TurnVersions[];
  /** seconds since 1970 */
  created_at: number;
  /** seconds since 1970 */
  updated_at: number;
  /** it is being answered */
  busy?: boolean;
  /** names are hidden until a vote */
  blind?: boolean;
}

/** What a data set is like. */
export interface DataReport {
  /** share that is done; nothing else is there then */
  working?: number;
  /** in all */
  rows?: number;
  /** rows by split */
  splits?: Record<string, number>;
  /** of rows */
  characters?: CharacterSpreads;
  /** codes with rows, the most first */
  languages?: [string, number][];
  /** answers with rows */
  turns?: [number, number][];
  /** the last of `turns` stands for so many or more */
  most_turns?: number;
  /** rows */
  empty_answers?: number;
  /** rows whose content an earlier one has */
  same?: number;
  /** of evenly spread rows */
  sample?: SampleCounts;
}

/** A row of a data set. */
export interface DataRow {
  /** of a conversation */
  messages?: ChatTurn[];
  /** plain text */
  text?: string;
  /** before two answers, or a judged one */
  prompt?: ChatTurn[];
  /** the better answer */
  chosen?: ChatTurn[];
  /** the worse answer */
  rejected?: ChatTurn[];
  /** how much better the better answer is */
  margin?: number;
  /** of a ranking */
  answers?: ChatTurn[][];
  /** of them, 1 is best; equal ones are ties */
  ranks?: number[];
  /** of them, of which the ranks were made */
  scores?: number[];
  /** a judged answer */
  completion?: ChatTurn[];
  /** the judgement */
  label?: boolean;
  /** what an answer to a question without one is judged by */
  reference?: Record<string, any>;
  /** definitions of functions */
  tools?: unknown[];
  /** how much the row counts in the loss; 1 where it does not say */
  weight?: number;
  /** other columns */
  extra?: Record<string, any>;
  /** who made it */
  origin?: Record<string, any>;
  /** stays the same in all versions */
  id?: number;
  /** that it belongs to */
  split?: "train" | "val" | "test";
  /** of the file */
  line?: number | null;
  /** where there are several */
  file?: string | null;
  /** place among those that were asked for */
  index?: number;
}

/** How a data set stands before it is given another shape. */
export interface DataShape {
  /** rows by split */
  splits: Record<string, number>;
  /** that can be asked for */
  columns: string[];
  /** that groups are of */
  column: string | null;
  /** values with their share, the largest first */
  groups: ([string | null, number])[];
  /** share of all further ones */
  others: number;
  /** values met */
  different: number;
  /** share of made rows */
  made: number;
  /** rows looked at */
  looked: number;
  /** these are all training rows */
  whole: boolean;
}

/** What the Data page is placed with. */
export interface DataValue {
  /** of a file */
  max_upload_mb: number;
  /** rows of a page */
  page_rows: number;
}

/** What lists show of a data set, with the import that anybody must know of. */
export interface DatasetBrief {
  /** of its row */
  id: number;
  /** shown in lists */
  name: string;
  /** whether it was imported */
  status: "draft" | "ready";
  /** of its file */
  source_name: string;
  /** of its file */
  format: string | null;
  /** of its file, where it is text */
  encoding: string | null;
  /** key of a `Shape` */
  shape: string | null;
  /** of its rows */
  kind: string | null;
  /** of its file */
  columns: string[];
  /** field of the shape -> column */
  mapping: Record<string, string>;
  /** field -> wordings with {column} in them */
  templates: Record<string, string[]>;
  /** of the reader */
  options: Record<string, any>;
  /** rows */
  accepted: number;
  /** rows of the import */
  rejected: number;
  /** rows to learn from */
  train_rows: number;
  /** rows held out */
  val_rows: number;
  /** rows for tests */
  test_rows: number;
  /** of the draw that splits the rows */
  seed: number;
  /** share that is held out */
  val_fraction: number;
  /** numbers of the import */
  stats: Record<string, any>;
  /** of its rows */
  content_hash: string | null;
  /** seconds since 1970 */
  created_at: number;
  /** of a built-in sample */
  sample_key: string | null;
  /** in use */
  version: number;
  import: ImportStateView | null;
  /** kind of its rows; None while nobody knows */
  badge: "chat" | "tools" | "pairs" | "thumbs" | "ranking" | "prompts" | "text" | null;
  /** languages of many rows */
  spoken: string[];
}

/** Everything about one data set except its rows. */
export interface DatasetView {
  /** of its row */
  id: number;
  /** shown in lists */
  name: string;
  /** whether it was imported */
  status: "draft" | "ready";
  /** of its file */
  source_name: string;
  /** of its file */
  format: string | null;
  /** of its file, where it is text */
  encoding: string | null;
  /** key of a `Shape` */
  shape: string | null;
  /** of its rows */
  kind: string | null;
  /** of its file */
  columns: string[];
  /** field of the shape -> column */
  mapping: Record<string, string>;
  /** field -> wordings with {column} in them */
  templates: Record<string, string[]>;
  /** of the reader */
  options: Record<string, any>;
  /** rows */
  accepted: number;
  /** rows of the import */
  rejected: number;
  /** rows to learn from */
  train_rows: number;
  /** rows held out */
  val_rows: number;
  /** rows for tests */
  test_rows: number;
  /** of the draw that splits the rows */
  seed: number;
  /** share that is held out */
  val_fraction: number;
  /** numbers of the import */
  stats: Record<string, any>;
  /** of its rows */
  content_hash: string | null;
  /** seconds since 1970 */
  created_at: number;
  /** of a built-in sample */
  sample_key: string | null;
  /** in use */
  version: number;
  import: ImportStateView | null;
  /** kind of its rows; None while nobody knows */
  badge: "chat" | "tools" | "pairs" | "thumbs" | "ranking" | "prompts" | "text" | null;
  /** languages of many rows */
  spoken: string[];
  /** why it is read as it is */
  detection: DetectionNote[];
  /** that its rows could have */
  shapes: RowShape[];
  /** shape -> field -> column whose name means it */
  by_name: Record<string, Record<string, string>>;
  /** that its files could have */
  encodings: string[];
  /** as chosen */
  reading: ReadingView;
  /** how records become conversations; None: each by itself */
  arrange: Record<string, any> | null;
  /** in which they can; empty where each is one by itself */
  ways: ArrangementWay[];
  /** of the records by themselves */
  plain_columns: string[];
  /** repairs of conversations that were chosen */
  tidy: string[];
  /** rejected rows that were put right */
  repaired: number;
  /** how many there are */
  versions: number;
  /** the parts that the data bring */
  splits: SplitsView;
}

/** Where a model can run, and how it gets there. */
export interface DestinationView {
  /** of the destination */
  key: string;
  /** its name */
  label: Record<string, string>;
  /** who wants that */
  help: Record<string, string>;
  /** key of the form that serves it; None where Tunesmith itself does */
  form: string | null;
  /** of the form */
  form_label: Record<string, string> | null;
  /** settings of the form that suit */
  params: Record<string, any>;
  /** form that would serve it best, where this model cannot be had in it */
  wanted: Record<string, string> | null;
  /** why it cannot */
  reason: Record<string, string> | null;
  /** how it is put to use */
  lines: UseStep[];
  /** a file that is there already: [job, place in it]; else empty */
  made: number[];
  /** there is a way at all */
  works: boolean;
}

/** Why something of a file is read as it is: sentence `detect.<code>`. */
export interface DetectionNote {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** is read */
  what: string;
  /** as what */
  value: unknown;
}

/** Something here that can train. */
export interface DeviceChoice {
  /** "cpu" or "cuda:N" */
  key: string;
  /** what its maker calls it */
  name: string;
  /** that this process may use */
  memory_mb: number;
  /** of that */
  free_mb: number;
  /** whether it has units for bf16 */
  bf16: boolean;
  /** whether the installed torch can use it */
  usable: boolean;
  /** that pages show with it */
  icon: string;
  /** texts `plan.<code>` */
  notes: CodedMessage[];
}

/** How many rows differ between two versions, and how. */
export interface DifferenceCounts {
  /** in their content */
  changed: number;
  /** only in the first */
  dropped: number;
  /** only in the second */
  added: number;
  /** to another split */
  moved: number;
  /** in everything */
  same: number;
}

/** What a job writes, and what its result takes when it is exported. */
export interface DiskPlan {
  /** what it is made of */
  items: SizedItem[];
  /** their sum */
  total_mb: number;
  /** what the job may write */
  free_mb: number;
  /** of the merged model */
  export_mb: number;
}

/** What lies in the home folder. */
export interface DiskUse {
  /** its path */
  home: string;
  /** bytes of the database */
  database: number;
  /** each with its size */
  folders: FolderSize[];
  /** bytes of all */
  total: number;
}

/** One document. */
export interface DocumentView {
  /** of the file */
  name: string;
  /** of it; 0: it has none */
  pages: number;
  /** that it was split into */
  passages: number;
  /** pages that could not be read */
  lost: CodedMessage[];
  /** why it cannot be used at all */
  fault: CodedMessage | null;
}

/** What can be chosen before answers are drawn to be ranked. */
export interface DrawForm {
  /** settings */
  params: ParamForm[];
  /** models of this machine */
  writers: DrawWriter[];
}

/** A model that can answer. */
export interface DrawWriter {
  /** as it is chosen */
  key: string;
  /** its name */
  label: string;
}

/** One of several answers to a question. */
export interface DrawnAnswer {
  /** None where it has nothing to say */
  score: number | null;
  /** why it has not */
  error: CodedMessage | null;
  /** as far as it is said */
  text: string;
  /** of it */
  tokens: number;
  /** by itself, not at the limit */
  ended: boolean;
}

/** Prompts whose answers are drawn by one job, or the votes of the playground. */
export interface DrawnView {
  /** that draws; None: votes of the playground */
  job: number | null;
  /** of it; "" for votes */
  name: string;
  /** of the job */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted" | null;
  /** answers so far */
  step: number;
  /** answers in all */
  total: number | null;
  /** estimate */
  seconds_left: number | null;
  /** why it failed */
  error: CodedMessage | null;
  /** it can go on */
  resumable: boolean;
  /** of it */
  prompts: number;
  /** of these, by anybody */
  ranked: number;
}

/** A check of a plan's memory; texts are `check.part.<key>`. */
export interface DryRunView {
  /** that checks */
  job: number;
  /** of it */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** what the plan says of the step */
  bill_mb: number;
  /** why it failed */
  error: CodedMessage | null;
  /** as found; None before the end */
  total_mb: number | null;
  /** of what was found */
  items: SizedItem[] | null;
  /** of what the plan says */
  bill_items: SizedItem[] | null;
  /** that the check took */
  seconds: number | null;
}

/** The win rate of two models as it was after so many votes. */
export interface DuelLook {
  /** so far */
  votes: number;
  /** win rate */
  share: number;
  /** end of its interval */
  low: number;
  /** the other end */
  high: number;
}

/** What votes say of two models, as the first of them did. */
export interface DuelView {
  /** hash of the first */
  one: string;
  /** hash of the second */
  other: string;
  /** votes */
  wins: number;
  /** votes */
  losses: number;
  /** votes */
  ties: number;
  /** different ones: votes on the same count once */
  prompts: number;
  /** win rate, ties counted half */
  share: number;
  /** end of its interval of 95 %, which holds however often one looks */
  low: number;
  /** the other end */
  high: number;
}

/** A row of a data set as a person left it. */
export interface EditedRow {
  /** of a conversation */
  messages?: ChatTurn[];
  /** plain text */
  text?: string;
  /** before two answers, or a judged one */
  prompt?: ChatTurn[];
  /** the better answer */
  chosen?: ChatTurn[];
  /** the worse answer */
  rejected?: ChatTurn[];
  /** how much better the better answer is */
  margin?: number;
  /** of a ranking */
  answers?: ChatTurn[][];
  /** of them, 1 is best; equal ones are ties */
  ranks?: number[];
  /** of them, of which the ranks were made */
  scores?: number[];
  /** a judged answer */
  completion?: ChatTurn[];
  /** the judgement */
  label?: boolean;
  /** what an answer to a question without one is judged by */
  reference?: Record<string, any>;
  /** definitions of functions */
  tools?: unknown[];
  /** how much the row counts in the loss; 1 where it does not say */
  weight?: number;
  /** other columns */
  extra?: Record<string, any>;
  /** who made it */
  origin?: Record<string, any>;
  /** of the row that it replaces */
  id: number;
  /** that it belongs to */
  split?: "train" | "val" | "test";
  /** of the file */
  line?: number | null;
  /** where there are several */
  file?: string | null;
}

/** The newest jobs that ended. */
export interface EndedJobs {
  /** that there are in all */
  count: number;
  /** the newest first */
  rows: ListedJob[];
}

/** What an entrant would cost; only `error` where it cannot be told. */
export interface EntrantCost {
  /** why it cannot be told */
  error?: CodedMessage;
  /** of a job */
  seconds?: number | null;
  /** at the peak */
  memory_mb?: number;
  /** that it may use */
  limit_mb?: number;
  /** numbers */
  trainable?: number;
  /** whether it fits */
  verdict?: VerdictView;
  /** texts `plan.<code>` */
  warnings?: WarningView[];
}

/** Something that can take part in a comparison. */
export interface EntrantForm {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** key */
  method: string;
  /** key */
  variant: string | null;
  /** in one line */
  tagline: string;
  /** to newcomers */
  recommended: boolean;
  /** anything at all */
  trains: boolean;
  /** that may be set for it alone */
  params: ParamForm[];
  /** learning rates: from so many parameters of the base on, this one */
  rates: number[][];
  /** key, where objectives are compared */
  objective: string | null;
  /** of data that it learns from */
  kinds: string[];
  /** takes part in each comparison of its kind: the others are held against it */
  always: boolean;
}

/** Who takes part. */
export interface EntrantKey {
  /** in the comparison */
  key: string;
  /** key */
  method: string;
  /** key */
  variant: string | null;
  /** key, in a comparison of objectives */
  objective?: string | null;
  /** its name for people */
  label?: string;
}

/** The time of an epoch as this machine trained the model last. */
export interface EpochSpeed {
  /** of a pass */
  seconds: number;
  /** that trained then */
  method: string;
  /** as measured */
  tokens_per_s: number;
}

/** Tokens of a pass over the training rows. */
export interface EpochTokens {
  /** all */
  tokens: number;
  /** of these */
  learnt: number;
}

/** What votes prove of some models. Blind ones alone count as proof. */
export interface EvidenceView {
  /** whether that is enough, and how many more it takes */
  sentence: CodedMessage;
  /** all of them by hash */
  voted: Record<string, VotedModel>;
  /** by group, the strongest first */
  models: RankedModel[];
  /** of every two that met in blind votes */
  duels: DuelView[];
  /** of the first duel, which the sentence is about */
  looks: DuelLook[];
  /** of every two that met in votes that were given with the names in sight */
  open: DuelView[];
  /** on these models */
  blind_votes: number;
  /** on them */
  open_votes: number;
  /** different ones of the blind votes */
  prompts: number;
  /** share of the blind votes that found no answer good */
  bad: number | null;
  /** how often the longer answer won */
  longer: LeanView | null;
  /** how often the answer further left won */
  left: LeanView | null;
  /** of the first duel; None of less than 20 prompts with a winner */
  adjusted: AdjustedView | null;
  /** of people who voted on the same answers, with most in common first */
  agreements: AgreementView[];
}

/** What made an answer; what was not kept (answers of before) is None or empty. */
export interface ExactAnswer {
  /** that answered */
  side: string;
  /** the model's; "" for one that is not there any more */
  name: string;
  /** of the weights that answered */
  weights_hash: string | null;
  /** whether they are those that would answer now; None where nothing would */
  same_weights: boolean | null;
  /** as the model read it */
  prompt: PromptPart[];
  /** how many it was */
  prompt_tokens: number | null;
  /** of its token ids, as decimal numbers with blanks between them */
  prompt_sha256: string | null;
  /** whose it is */
  template: string | null;
  /** of its text; None without a chat template */
  template_sha256: string | null;
  /** of its choices */
  temperature: number | null;
  /** of its choices */
  top_p: number | null;
  /** of the answer */
  max_tokens: number | null;
  /** of its choices */
  seed: number | null;
  /** of the answer */
  tokens: number | null;
  /** why it ended: "end", "length", "stopped" or "failed" */
  reason: string | null;
  /** that it was given on */
  device: string | null;
  /** number format */
  precision: string | null;
  /** of the processor */
  threads: number | null;
  /** seconds to the first token */
  first_token_s: number | null;
  /** after that */
  tokens_per_second: number | null;
  /** version of Tunesmith */
  engine: string | null;
  /** names with versions */
  libraries: string[];
  /** seconds since 1970 */
  made_at: number;
  /** enough was kept to ask for the same */
  again: boolean;
}

/** One training example as tokens. */
export interface ExampleTokens {
  /** the line that completed it, from 1 */
  row: number;
  /** that it belongs to */
  split: string;
  /** pieces of text that are packed into it */
  texts: number;
  /** to its question, each shown behind it */
  answers: number;
  /** it was cut */
  truncated: boolean;
  /** in their order */
  tokens: TokenView[];
}

/** A finished file, or the job that writes it. */
export interface ExportAnswer {
  /** where it is done */
  file?: ExportedFile;
  /** that writes it */
  job?: number;
}

/** The form of an export. */
export interface ExportFormOfData {
  /** its settings */
  params: ParamForm[];
  /** the columns of the original file can be written */
  original: boolean;
  /** the newest first */
  versions: ExportVersion[];
}

/** A form in which a model can be taken away. */
export interface ExportFormView {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** what it is */
  help: string;
  /** it needs no base model beside it */
  stands_alone: boolean;
  /** places that it serves */
  runs_in: string[];
  /** its settings */
  params: ParamForm[];
}

/** What making an export takes. */
export interface ExportNeeds {
  /** of what is taken away, about */
  bytes: number;
  /** free, while it is made */
  disk_bytes: number;
  /** at the peak */
  memory_mb: number;
}

/** How a file's proof ended, in a few numbers. */
export interface ExportProof {
  /** "hashed": no foreign library reads such a form; the hash of its weights is all */
  state: "passed" | "failed" | "hashed";
  /** names of checks that failed */
  failed: string[];
  /** that read it, with its version; "" where none did */
  library: string;
  /** at which the next token was foretold */
  places: number;
  /** share of them at which both expect the same */
  agreement: number;
  /** questions that the tuned model answered right */
  right_before: number;
  /** of those, how many the export answers wrong */
  flips: number;
  /** that were answered */
  prompts: number;
  /** word for word as before */
  same_answers: number;
  /** the chat template writes the very same */
  same_template: boolean;
}

/** How far a large export is. */
export interface ExportState {
  /** of its job */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** rows so far */
  step: number;
  /** rows in all */
  total: number | null;
  /** why it failed */
  error: CodedMessage | null;
  /** when it is done */
  file: ExportedFile | null;
}

/** A version that can be taken away. */
export interface ExportVersion {
  /** of it */
  number: number;
  /** in it */
  rows: number;
  /** now */
  in_use: boolean;
}

/** One export job of a model. */
export interface ExportView {
  /** of its job */
  id: number;
  /** of the model */
  name: string;
  /** of the job */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** of the job */
  phase: string | null;
  /** in words */
  phase_label: Record<string, string> | null;
  /** done so far */
  step: number;
  /** None until it is known */
  total_steps: number | null;
  /** share that is done, 0 to 1 */
  fraction: number;
  /** estimate */
  seconds_left: number | null;
  /** seconds since 1970 */
  started_at: number | null;
  /** seconds since 1970 */
  finished_at: number | null;
  /** from 1 */
  queue_place: number | null;
  /** its worker has not been heard of for long */
  stalled: boolean;
  /** why it failed */
  error: CodedMessage | null;
  /** what it makes, in its order */
  forms: Record<string, string>[];
  /** what it made; empty until it has ended */
  files: ExportedForm[];
}

/** A file that was written. */
export interface ExportedFile {
  /** under which it is fetched */
  key: string;
  /** id */
  dataset: number;
  /** key */
  format: string;
  /** to save it under */
  name: string;
  /** of it */
  bytes: number;
  /** in it */
  rows: number;
  /** what was left out */
  notes: unknown[];
}

/** One form that an export job made, or could not make. */
export interface ExportedForm {
  /** place among the job's forms */
  number: number;
  /** key of the form */
  format: string;
  /** of the form */
  label: Record<string, string>;
  /** values of its settings */
  params: Record<string, any>;
  /** of the zip or the folder */
  name: string;
  /** of it */
  bytes: number;
  /** of the zip; None for a folder */
  sha256: string | null;
  /** where a folder lies on the machine; None for a zip */
  folder: string | null;
  /** it lies on the disk */
  there: boolean;
  /** why there is none */
  error: CodedMessage | null;
  /** None where it was not tried */
  proof: ExportProof | null;
}

/** An error as the pages show it, with its sentence in their language. */
export interface FaultView {
  /** the sentence */
  message: string;
  /** of the error */
  code: string;
  /** of a form: a sentence for each field that is wrong */
  faults: Record<string, string>;
  /** the field that the error is about */
  field?: string;
}

/** What a page has of a job. */
export interface FeedCursors {
  /** that it knows */
  attempt?: number | null;
  /** id */
  after_event?: number;
  /** id */
  after_log?: number;
  /** id */
  after_sample?: number;
  /** id */
  after_metric?: number;
}

/** A level line that numbers are compared with. */
export interface FigureLevelRow {
  /** where it lies */
  value: number;
  /** what it means */
  label: string;
}

/** One line of a figure. */
export interface FigureLineRow {
  /** name of its numbers */
  metric: string;
  /** colour and stroke, by what it means */
  look: string;
  /** in the legend */
  label: string;
}

/** Numbers over time that are drawn together. */
export interface FigureRow {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** what to look at */
  help: string;
  /** key of the heading that it stands under */
  section: string;
  /** in the order of the legend */
  lines: FigureLineRow[];
  /** metric that is drawn around the first line; "" for none */
  band: string;
  /** a line more for each metric that begins so; "" for none */
  each: string;
  /** names for people of what follows that beginning */
  parts: Record<string, string>;
  /** what they are compared with */
  level: FigureLevelRow | null;
  /** it is what the job is about */
  large: boolean;
}

/** A heading with figures below. */
export interface FigureSectionRow {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** in a line */
  says: string;
}

/** What was found on the machine; texts `hardware.<code>` and `hardware.<code>.means`. */
export interface FindingView {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** under which it is listed */
  area: "gpu" | "cpu" | "memory" | "disk" | "software";
  /** how it is marked */
  level: "good" | "note" | "off";
}

/** Whether a model can be trained on a device, with standard settings and short rows. */
export interface FitHere {
  /** with LoRA as it is; only with a quantised base; not at all */
  how: "fits" | "quantised" | "not";
  /** of the quantised base */
  bits: number | null;
  /** of the leanest of those that were tried, or of the one that fits */
  need_mb: number;
  /** that a job may use there */
  limit_mb: number;
}

/** What of a data set does not fit. */
export interface FitView {
  /** the worst first */
  findings: MisfitView[];
  /** the base model that was looked at; None where none is here */
  model: number | null;
  /** rows are still being looked at: ask again */
  working: boolean;
}

/** A repair of what a check finds. */
export interface FixForm {
  /** key */
  operation: string;
  /** settings of the operation */
  values: Record<string, any>;
  /** in words */
  label: string;
}

/** One folder of the home folder. */
export interface FolderSize {
  /** its name */
  key: string;
  /** of its files */
  bytes: number;
}

/** What it will cost. */
export interface ForecastView {
  /** that are read */
  passages: number;
  /** answers that are asked for */
  asks: number;
  /** at most, before the checks */
  rows: number;
  /** that are read, about */
  tokens_in: number;
  /** that are written, about */
  tokens_out: number;
  /** about */
  seconds: number;
  /** "measured", "estimate" (the planner's) or "assumed" (nothing is known of the service) */
  source: string;
  /** that it goes by */
  tokens_per_second: number;
  /** answers in other letters than the passages: the comparison of words is left out */
  crossing: boolean;
}

/** One value of a setting that is chosen from a list. */
export interface FormChoice {
  /** as it is stored */
  value: unknown;
  /** its name for people */
  label: string;
}

/** The word of the glossary that explains a setting. */
export interface FormTerm {
  /** its anchor */
  key: string;
  /** the word */
  name: string;
}

/** A check that found something. */
export interface FoundCheck {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** with a finding */
  rows: number;
}

/** A model that a hub names in answer to a search. */
export interface FoundModel {
  /** its name there */
  ref: string;
  /** of late, as the hub counts them */
  downloads: number | null;
  /** as the hub counts them */
  parameters: number | null;
  /** its short name */
  licence: string | null;
  /** codes */
  languages: string[];
  /** an agreement and a token are asked for first */
  gated: boolean;
  /** of the base model that it is here already */
  model_id: number | null;
  /** of that */
  status: "preparing" | "known" | "ready" | "failed" | null;
}

/** The answer to a search. */
export interface FoundModels {
  /** name of the hub that was asked */
  hub: string;
  /** the most downloaded first */
  models: FoundModel[];
  /** why there is no answer */
  error: CodedMessage | null;
}

/** One text of a row with something found. */
export interface FoundPart {
  /** who says it */
  role: string;
  /** of the row that it stands in */
  list: string;
  /** text and what was found in it */
  pieces: [string, string][];
  /** of a column, or an argument of a call */
  name?: string;
}

/** A row that a check found. */
export interface FoundRowView {
  /** of the row */
  id: number;
  /** in the file of rows */
  place: number;
  /** rows that belong together */
  group: number | null;
  /** of the finding */
  detail: Record<string, any>;
  /** texts of the row */
  parts: FoundPart[];
  /** that it belongs to */
  split: string | null;
  /** of the file */
  line: number | null;
  /** where there are several */
  file: string | null;
}

/** Some of what a check found. */
export interface FoundRows {
  /** offset to go on from */
  next: number | null;
  /** some */
  rows: FoundRowView[];
}

/** Rows that are to be made of rankings. */
export interface GatherWish {
  /** "pairs", "ranking" or "thumbs" */
  form: string;
  /** pairs: "adjacent", "all" or "best_worst" */
  which: string;
  /** whose rankings; "" for everybody's */
  rater: string;
  /** percent of the prompts */
  held_out: number;
  /** of a new data set */
  name: string;
  /** that the rows are added to, instead */
  dataset: number | null;
}

/** Rows that were made of rankings. */
export interface GatheredRows {
  /** that holds them */
  dataset: number;
  /** that were made */
  rows: number;
  /** that adds them, where there are many */
  job: number | null;
}

/** A GPU of this machine. */
export interface GpuView {
  /** "cuda:N" */
  key: string;
  /** what its maker calls it */
  name: string;
  /** of its own */
  memory_mb: number;
  /** of that */
  free_mb: number;
  /** whether it has units for bf16 */
  bf16: boolean;
  /** 0 */
  cores: number;
  /** CUDA compute capability */
  capability: [number, number] | null;
  /** version of its driver */
  driver: string | null;
  /** whether the installed torch can use it */
  usable: boolean;
  /** 0 */
  vector_bits: number;
  /** dense half-precision speed, where it is known */
  tflops: number | null;
  /** speed of its memory, where it is known */
  bandwidth_gb_s: number | null;
  /** "" for a GPU that is here */
  planned_as: string;
  /** whether a display hangs on it */
  display: boolean;
  /** of its memory, kept by the driver */
  driver_mb: number;
  /** processes that hold some of its memory */
  holders: HolderView[];
  /** left to others by the user's own setting */
  reserve_mb: number | null;
}

/** A job's state in one plain sentence: text `headline.<code>`, or its own words. */
export interface Headline {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** the sentence, where the job's kind declares it */
  text?: Record<string, string>;
  /** good news or not, where it tells of a number that can get better or worse */
  tone?: "good" | "warn";
}

/** A process that holds some of a device's memory. */
export interface HolderView {
  /** its number */
  pid: number;
  /** of its program; "" where it cannot be told */
  name: string;
  /** that it holds; 0 where it cannot be told */
  mb: number;
}

/** A job on the start page. */
export interface HomeJob {
  /** of its row */
  id: number;
  /** as the user called it */
  name: string;
  /** key of its kind */
  kind: string;
  /** where it is in its life */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** what it does now */
  phase: string | null;
  /** what it makes answers in words; a reward model scores answers instead */
  talks: boolean;
  /** done so far */
  step: number;
  /** None until it is known */
  total_steps: number | null;
  /** share that is done, 0 to 1 */
  fraction: number;
  /** estimate */
  seconds_left: number | null;
  /** of the latest steps */
  train_loss: number | null;
  /** at the latest check */
  val_loss: number | null;
  /** from 1 */
  queue_place: number | null;
  /** its worker has not been heard of for long */
  stalled: boolean;
  /** its state in one sentence */
  headline: Headline;
  /** the tuned model that it made */
  tuned_id: number | null;
  /** seconds since 1970 */
  finished_at: number | null;
  /** seconds since 1970 */
  started_at: number | null;
  /** why it failed */
  error: CodedMessage | null;
  /** of its data */
  dataset_name: string | null;
  /** of its model */
  base_model_name: string | null;
  /** a few points of the training loss */
  spark?: number[][];
}

/** What runs and what was finished last. */
export interface HomeOverview {
  /** with their losses */
  running: HomeJob[];
  /** the newest first */
  finished: HomeJob[];
  /** something was ever trained */
  any: boolean;
}

/** Where models come from. */
export interface HubChoice {
  /** key of the kind in use */
  kind: string;
  /** address in use */
  url: string;
  /** it was chosen here; else it is what the environment says, or the usual one */
  chosen: boolean;
  /** address that counts without a choice */
  usual: string;
  /** to choose from */
  kinds: HubOption[];
  /** no hub is asked */
  offline: boolean;
}

/** How far a fetch from a hub is, in bytes. */
export interface HubFetch {
  /** that fetches */
  job: number;
  /** of the data set there */
  name: string;
  /** of the job */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** bytes */
  done: number;
  /** bytes */
  total: number | null;
  /** why it failed */
  error: CodedMessage | null;
  /** that it became */
  dataset: number | null;
  /** nothing more comes */
  ended: boolean;
}

/** A kind of hub. */
export interface HubOption {
  /** its key */
  value: string;
  /** what people call it */
  label: string;
  /** where it usually is */
  url: string;
}

/** An import that goes on, waits or ended early. */
export interface ImportStateView {
  /** of its job */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** of its job */
  phase: string | null;
  /** estimate */
  seconds_left: number | null;
  /** why it failed */
  error: CodedMessage | null;
  /** that imports */
  job: number;
  /** that are read */
  bytes: number;
  /** bytes in all */
  total: number | null;
  /** that were taken so far */
  rows: number;
  /** that were not */
  rejected: number;
  /** nothing more comes */
  ended: boolean;
  /** it can go on */
  can_resume: boolean;
  /** place in the queue, from 1; 0 where it does not wait */
  waiting: number;
}

/** How files are to be read, as the mapping screen has it. */
export interface ImportWish {
  /** of the data set */
  name?: string;
  /** key of a shape */
  shape?: string | null;
  /** field of the shape -> column */
  mapping?: Record<string, string>;
  /** share that is held out */
  val_fraction?: number;
  /** of the draw */
  seed?: number;
  /** of text files */
  encoding?: string | null;
  /** field -> wordings */
  templates?: Record<string, string[]> | null;
  /** of the reader */
  options?: Record<string, any> | null;
  /** how records become conversations; None: as detected */
  arrange?: Record<string, any> | null;
  /** repairs of conversations */
  tidy?: string[];
  /** where rows' parts come from; None: as detected */
  splits?: SplitWish | null;
}

/** What may be done with a job now. */
export interface JobCan {
  /** save and end */
  stop: boolean;
  /** end without saving */
  cancel: boolean;
  /** go on from the last checkpoint */
  resume: boolean;
  /** to an earlier place in the queue */
  move_up: boolean;
  /** to a later place in the queue */
  move_down: boolean;
  /** hide it and free its disk */
  delete: boolean;
}

/** A complete checkpoint. */
export interface JobCheckpoint {
  /** of its row */
  id: number;
  /** of the job */
  step: number;
  /** on disk */
  bytes: number;
  /** seconds since 1970 */
  created_at: number;
  /** numbers at that step */
  metrics: Record<string, any>;
  /** in which it was written */
  attempt: number;
}

/** The newest things that a page has of a job. */
export interface JobCursors {
  /** id of the last event */
  event: number;
  /** id of the last line */
  log: number;
  /** id of the last sample */
  sample: number;
  /** id of the last number */
  metric: number;
}

/** Something that happened to a job. */
export interface JobEventView {
  /** of its row */
  id: number;
  /** seconds since 1970 */
  at: number;
  /** how it is shown */
  kind: "status" | "info" | "warning" | "error";
  /** of its text; of "status" the new status */
  code: string;
  /** values of the text */
  params: Record<string, any>;
  /** of the job when it happened */
  step: number | null;
  /** in which it happened */
  attempt: number;
}

/** What the list of jobs can be narrowed by. */
export interface JobFacets {
  /** text `jobs.filter.state.<one>` */
  states: string[];
  /** text `jobs.filter.days.<one>` */
  days: string[];
  /** that jobs have */
  tags: string[];
  /** of jobs */
  kinds: KindFacet[];
  /** base models of jobs */
  models: NameOfId[];
  /** data sets of jobs */
  data: NameOfId[];
}

/** How the numbers of an objective are drawn. */
export interface JobFigures {
  /** in their order */
  sections: FigureSectionRow[];
  /** in their order */
  figures: FigureRow[];
}

/** One line of a job's log. */
export interface JobLogLine {
  /** of its row */
  id: number;
  /** seconds since 1970 */
  at: number;
  /** of the log */
  level: string;
  /** as it was written */
  text: string;
}

/** An answer to a sample question at one step. */
export interface JobSample {
  /** of its row */
  id: number;
  /** of the job */
  step: number;
  /** place of the question */
  prompt_index: number;
  /** the question */
  prompt: string;
  /** the answer of the data set */
  expected: string | null;
  /** the model's */
  answer: string;
}

/** The answer where a job does the work. */
export interface JobStarted {
  /** that does it */
  job: number;
}

/** One job as the pages see it. */
export interface JobView {
  /** of its row */
  id: number;
  /** as the user called it */
  name: string;
  /** of the user's */
  tags: string[];
  /** of the user's */
  note: string;
  /** key of its kind */
  kind: string;
  /** where it is in its life */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** what it does now */
  phase: string | null;
  /** the device or queue that it waits for */
  lane: string;
  /** done so far */
  step: number;
  /** None until it is known */
  total_steps: number | null;
  /** estimate of the worker, of all that is still to come */
  seconds_left: number | null;
  /** that it ran, all attempts together, without waiting; None before it has ended */
  seconds: number | null;
  /** of the latest steps, in nats a label */
  train_loss: number | null;
  /** of the held-out rows at the latest check */
  val_loss: number | null;
  /** key of its method, where it has one */
  method: string | null;
  /** key of what it optimises, where it trains */
  objective: string | null;
  /** what it makes answers in words; a reward model scores answers instead */
  talks: boolean;
  /** it learns from what answers get: its losses tell nothing */
  by_reward: boolean;
  /** of the validation prompts' answers at the latest check, where it learns by that */
  reward: number | null;
  /** data set that it is about */
  dataset_id: number | null;
  /** base model that it is about */
  base_model_id: number | null;
  /** seconds since 1970 */
  created_at: number;
  /** seconds since 1970 */
  started_at: number | null;
  /** seconds since 1970 */
  finished_at: number | null;
  /** how often it was claimed */
  attempt: number;
  /** why it failed */
  error: CodedMessage | null;
  /** what the user asked for */
  request: "stop" | "cancel" | null;
  /** the job that it came from */
  parent_id: number | null;
  /** what lists call its kind */
  title: Record<string, string>;
  /** the phase in words */
  phase_label: Record<string, string> | null;
  /** whether it learns something */
  trains: boolean;
  /** whether lists show it */
  listed: boolean;
  /** whether there is a file to save */
  gives_file: boolean;
  /** page, and the name in its address for the job's id, that shows what it makes */
  shown_at: [string, string] | null;
  /** share that is done, 0 to 1 */
  fraction: number;
  /** deleted ones have a name as well */
  dataset_name: string | null;
  /** deleted ones have a name as well */
  base_model_name: string | null;
  /** from 1; None when it does not wait */
  queue_place: number | null;
  /** the download of its base model, while it waits for that */
  waits_for: WeightsComing | null;
  /** the job of its recipe that it waits for */
  awaits: StageAwaited | null;
  /** which job of a recipe it is */
  stage: StagePlace | null;
  /** its worker has not been heard of for long */
  stalled: boolean;
  /** step of the last checkpoint */
  checkpoint_step: number | null;
  /** what may be done with it */
  can: JobCan;
  /** neither its model nor its data set was removed */
  inputs_there: boolean;
  /** the tuned model that it made */
  tuned_id: number | null;
  /** the comparison that it belongs to */
  comparison_id: number | null;
  /** numbers of its end, by kind */
  result: Record<string, any>;
  /** all that its worker reads */
  spec: Record<string, any>;
  /** its state in one sentence */
  headline: Headline;
  /** what tells of its result better than a loss, so far */
  outcome: OutcomeView | null;
  /** name of the tuned model that it goes on with; None where it begins with the base */
  starts_from: string | null;
  /** what resuming it would do, where it may be: text `resume.<code>` */
  resume_advice: CodedMessage | null;
  /** whether that is what to do */
  resuming_helps: boolean;
}

/** What a list of jobs is narrowed to; what is missing or empty narrows nothing. */
export interface JobWish {
  /** words in name, tags, note, model or data */
  text?: string;
  /** one of the facets' states */
  state?: string;
  /** key */
  kind?: string;
  /** whole */
  tag?: string;
  /** id of the base model */
  model?: string;
  /** id of the data set */
  data?: string;
  /** one of the facets' days */
  days?: string;
}

/** Which of two models a reward model prefers, on the held-out questions of a job. */
export interface JudgeView {
  /** share done; then nothing else is there */
  working?: number;
  /** that the tuned model wins; ties count half */
  share?: number;
  /** of the 95 % interval */
  low?: number;
  /** of it */
  high?: number;
  /** questions */
  wins?: number;
  /** questions */
  ties?: number;
  /** questions */
  count?: number;
  /** score */
  base_mean?: number;
  /** score */
  tuned_mean?: number;
  /** share of the questions whose longer answer has the higher score; None where all are equally long */
  longer?: number | null;
}

/** A vote that is stored. */
export interface KeptVote {
  /** of the answers as they are shown, 1 is best; empty: passed over */
  ranks: number[];
  /** none of them was good */
  bad: boolean;
  /** the best answer as the person wrote it */
  best: string | null;
  /** it was given before the person knew who was who */
  blind: boolean;
}

/** One of two sets of weights that a model can be. */
export interface KeptWeights {
  /** "best" or "last" */
  which: string;
  /** of the optimizer, after which they were like that */
  step: number;
  /** of the held-out rows */
  val_loss: number | null;
  /** of their files */
  bytes: number;
  /** they are the model */
  in_use: boolean;
}

/** A kind of job that is in the list. */
export interface KindFacet {
  /** of the kind */
  key: string;
  /** its name */
  title: Record<string, string>;
}

/** A column with few different values. */
export interface LabelColumn {
  /** its name */
  column: string;
  /** with the rows that have them */
  values: [string, number][];
}

/** Something to choose from, as a page lists it. */
export interface Labelled {
  /** what is sent when it is chosen */
  value: string;
  /** its name for people */
  label: string;
}

/** One row of the leaderboard. */
export interface LeaderboardRow {
  /** of the entrant; "base" for the untouched base */
  key: string;
  /** as pages colour it */
  kind: "base" | "tuned" | "fewshot";
  /** its jobs */
  runs: RunView[];
  /** of all of them */
  state: "base" | "running" | "waiting" | "done" | "partly" | "failed" | "stopped";
  /** its numbers are of what ended early */
  partial: boolean;
  /** held-out loss of what runs */
  now: number | null;
  /** of parameters */
  counts: ParameterCounts;
  /** by column */
  cells: Record<string, CellView>;
  /** key */
  method?: string | null;
  /** key */
  variant?: string | null;
  /** key, in a comparison of objectives */
  objective?: string | null;
  /** its name for people */
  label?: string;
}

/** How often votes with a winner went one way, whoever gave the answers. */
export interface LeanView {
  /** of them */
  share: number;
  /** end of its interval of 95 %, which holds however often one looks */
  low: number;
  /** the other end */
  high: number;
  /** that it was counted on */
  prompts: number;
  /** it is no chance */
  sure: boolean;
}

/** The device that costs are shown for. */
export interface LearnDevice {
  /** of it */
  key: string;
  /** of it */
  name: string;
  /** "RAM" or the like, in words */
  place: string;
  /** that it has */
  memory_mb: number;
}

/** Costs on the chosen model. */
export interface LearnStart {
  /** of the model */
  parameters: number;
  /** that they are for */
  device: LearnDevice;
  /** of an example */
  tokens: number;
  /** by method */
  numbers: Record<string, MethodNumbers>;
  /** of the guide */
  examples: AnsweredGuide[];
  /** to choose from */
  models: Labelled[];
  /** chosen */
  model: string;
}

/** What the Learn page is placed with. */
export interface LearnValue {
  /** in their order */
  methods: MethodCard[];
  /** of methods */
  families: Named[];
  /** in their order */
  objectives: ObjectiveCard[];
  /** what can be learnt from */
  sources: Named[];
  /** of the guide */
  goals: Labelled[];
  /** all words */
  glossary: TopicView[];
}

/** A column that is not learnt although rows have something there. */
export interface LeftOutView {
  /** its name */
  column: string;
  /** with something there */
  rows: number;
  /** rows that were looked at */
  looked: number;
  /** what it looks like */
  reads: "text" | "nested" | "label" | "number";
  /** of all characters of the rows looked at, 0 to 1 */
  share: number;
}

/** The data set of the first lesson. */
export interface LessonDataset {
  /** of its row */
  id: number;
  /** of it */
  name: string;
  /** to learn from */
  train_rows: number;
  /** held out */
  val_rows: number;
}

/** The model of the first lesson. */
export interface LessonModel {
  /** of its row */
  id: number;
  /** of it */
  name: string;
  /** whether it can be used */
  status: "preparing" | "known" | "ready" | "failed";
  /** why it failed */
  error: CodedMessage | null;
  /** while it is prepared */
  progress: PrepareProgress | null;
}

/** A question with its answer. */
export interface LessonRow {
  /** asked */
  question: string;
  /** to be learnt */
  answer: string;
}

/** What the first lesson teaches, how, and what it costs. */
export interface LessonView {
  /** that is learnt */
  dataset: LessonDataset;
  /** some of it */
  rows: LessonRow[];
  /** that learns */
  model: LessonModel;
  /** key of the method */
  method: string;
  /** value of that setting */
  rank: unknown;
  /** value of that setting */
  epochs: unknown;
  /** None while the model is not ready */
  plan: PlanView | null;
}

/** A word that could have stood somewhere. */
export interface LikelyWord {
  /** of it */
  text: string;
  /** its probability at temperature 1 */
  share: number;
}

/** A setting of the program. */
export interface LimitRow {
  /** of the setting */
  key: string;
  /** of the environment */
  variable: string;
  /** in force */
  value: string | number | boolean | null;
}

/** Where a term is from. */
export interface LinkView {
  /** of the paper or document */
  title: string;
  /** its address */
  url: string;
}

/** One side's answer to a question of a list. */
export interface ListAnswer {
  /** of it */
  text: string;
  /** why it ended: "end", "length", "stopped" or "failed" */
  reason: string;
  /** of it */
  tokens: number;
  /** why it failed */
  error: CodedMessage | null;
}

/** How large a list of questions may be. */
export interface ListBounds {
  /** questions */
  most: number;
  /** characters of one */
  longest: number;
  /** of the jobs that ask them */
  kind: string;
}

/** A question of a list with its answers. */
export interface ListRow {
  /** as it was asked */
  question: string;
  /** by side */
  answers: Record<string, ListAnswer>;
  /** that filled its variables, by name */
  values?: Record<string, string>;
  /** in the list, from 0 */
  place?: number;
}

/** A job in the list. */
export interface ListedJob {
  /** of its row */
  id: number;
  /** as the user called it */
  name: string;
  /** of the user's */
  tags: string[];
  /** of the user's */
  note: string;
  /** key of its kind */
  kind: string;
  /** where it is in its life */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** what it does now */
  phase: string | null;
  /** the device or queue that it waits for */
  lane: string;
  /** done so far */
  step: number;
  /** None until it is known */
  total_steps: number | null;
  /** estimate of the worker, of all that is still to come */
  seconds_left: number | null;
  /** that it ran, all attempts together, without waiting; None before it has ended */
  seconds: number | null;
  /** of the latest steps, in nats a label */
  train_loss: number | null;
  /** of the held-out rows at the latest check */
  val_loss: number | null;
  /** key of its method, where it has one */
  method: string | null;
  /** key of what it optimises, where it trains */
  objective: string | null;
  /** what it makes answers in words; a reward model scores answers instead */
  talks: boolean;
  /** it learns from what answers get: its losses tell nothing */
  by_reward: boolean;
  /** of the validation prompts' answers at the latest check, where it learns by that */
  reward: number | null;
  /** data set that it is about */
  dataset_id: number | null;
  /** base model that it is about */
  base_model_id: number | null;
  /** seconds since 1970 */
  created_at: number;
  /** seconds since 1970 */
  started_at: number | null;
  /** seconds since 1970 */
  finished_at: number | null;
  /** how often it was claimed */
  attempt: number;
  /** why it failed */
  error: CodedMessage | null;
  /** what the user asked for */
  request: "stop" | "cancel" | null;
  /** the job that it came from */
  parent_id: number | null;
  /** what lists call its kind */
  title: Record<string, string>;
  /** the phase in words */
  phase_label: Record<string, string> | null;
  /** whether it learns something */
  trains: boolean;
  /** whether lists show it */
  listed: boolean;
  /** whether there is a file to save */
  gives_file: boolean;
  /** page, and the name in its address for the job's id, that shows what it makes */
  shown_at: [string, string] | null;
  /** share that is done, 0 to 1 */
  fraction: number;
  /** deleted ones have a name as well */
  dataset_name: string | null;
  /** deleted ones have a name as well */
  base_model_name: string | null;
  /** from 1; None when it does not wait */
  queue_place: number | null;
  /** the download of its base model, while it waits for that */
  waits_for: WeightsComing | null;
  /** the job of its recipe that it waits for */
  awaits: StageAwaited | null;
  /** which job of a recipe it is */
  stage: StagePlace | null;
  /** its worker has not been heard of for long */
  stalled: boolean;
  /** step of the last checkpoint */
  checkpoint_step: number | null;
  /** what may be done with it */
  can: JobCan;
  /** neither its model nor its data set was removed */
  inputs_there: boolean;
  /** the tuned model that it made */
  tuned_id: number | null;
  /** the comparison that it belongs to */
  comparison_id: number | null;
  /** for people */
  method_label: string;
  /** for people; "" where it is the usual one, or the job trains nothing */
  objective_label: string;
}

/** A tuned model in the list. */
export interface ListedTuned {
  /** of its row */
  id: number;
  /** shown in lists */
  name: string;
  /** key of the method */
  method: string;
  /** "adapter", "full", "delta" or "shots" */
  format: string;
  /** it answers in words; a reward model scores answers instead */
  talks: boolean;
  /** of its files */
  bytes: number;
  /** why its files, or its base's, are not those that they were */
  changed: CodedMessage | null;
  /** of its weights */
  weights_hash: string;
  /** seconds since 1970 */
  created_at: number;
  /** that it stands on */
  base_model_id: number;
  /** of that */
  base_name: string;
  /** tuned model that its job went on with */
  start_name: string | null;
  /** None where it was deleted */
  dataset_id: number | null;
  /** of the data set */
  dataset_name: string;
  /** content that it was trained on */
  dataset_hash: string | null;
  /** that made it */
  job_id: number;
  /** of that */
  job_name: string;
  /** at the end */
  train_loss: number | null;
  /** at the end */
  val_loss: number | null;
  /** of the untouched base */
  base_val_loss: number | null;
  /** what tells of it better than its loss */
  outcome: OutcomeView | null;
  /** at the end */
  perplexity: number | null;
  /** of the optimizer */
  steps: number | null;
  /** that were trained on */
  tokens: number | null;
  /** that it took */
  seconds: number | null;
  /** for people */
  method_label: string;
}

/** All that the wizard begins with. */
export interface LoadedWizard {
  /** as it is now */
  draft: WizardDraft;
  /** the one that the address replaced */
  replaced: WizardDraft | null;
  /** what could not be taken over */
  warnings: CodedMessage[];
  /** all */
  models: BaseModelView[];
  /** those that were imported */
  datasets: DatasetBrief[];
  /** that are here */
  devices: DeviceChoice[];
  /** to plan for */
  catalogue: CatalogueDevice[];
}

/** The machine, with what was found on it. */
export interface MachineFindings {
  /** name of the processor */
  cpu: string;
  /** that this process may use */
  cores: number;
  /** whether the processor has units for bf16 */
  cpu_bf16: boolean;
  /** that this process may use */
  ram_mb: number;
  /** of that */
  ram_free_mb: number;
  /** size of the disk with the home folder */
  disk_mb: number;
  /** of that */
  disk_free_mb: number;
  /** that this process sees */
  gpus: GpuView[];
  /** of the first GPU */
  driver: string | null;
  /** the CUDA that torch was built for */
  torch_cuda: string | null;
  /** in the order of areas */
  findings: FindingView[];
}

/** The whole machine. */
export interface MachineView {
  /** name of the processor */
  cpu: string;
  /** that this process may use */
  cores: number;
  /** whether the processor has units for bf16 */
  cpu_bf16: boolean;
  /** that this process may use */
  ram_mb: number;
  /** of that */
  ram_free_mb: number;
  /** size of the disk with the home folder */
  disk_mb: number;
  /** of that */
  disk_free_mb: number;
  /** that this process sees */
  gpus: GpuView[];
  /** of the first GPU */
  driver: string | null;
  /** the CUDA that torch was built for */
  torch_cuda: string | null;
}

/** A new key: the one time that its secret is told. */
export interface MadeKey {
  /** as lists show it */
  key: ApiKeyView;
  /** the key itself */
  secret: string;
}

/** A job that makes rows from documents. */
export interface MadeRowsView {
  /** its id */
  job: number;
  /** of the first document */
  name: string;
  /** the documents */
  making: string;
  /** of the job */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** answers so far */
  step: number;
  /** answers in all */
  total: number | null;
  /** of the job */
  phase: string | null;
  /** estimate */
  seconds_left: number | null;
  /** {"asks", "made", "left_out", "tokens_in", "tokens_out", "writer", "host"}; it grows */
  result: Record<string, any>;
  /** why it failed */
  error: CodedMessage | null;
  /** it can go on */
  resumable: boolean;
  /** that the rows are meant for */
  dataset: number | null;
}

/** The new version, or the job that makes it. */
export interface MadeVersion {
  /** its number */
  version?: number;
  /** where there are many rows */
  job?: number;
}

/** The form of rows from documents. */
export interface MakingForm {
  /** its settings */
  params: ParamForm[];
  /** who may write */
  writers: WriterView[];
  /** of documents' names, as a file input takes them */
  endings: string;
}

/** Documents that were read, and the first of their passages. */
export interface MakingView {
  /** names them */
  making: string;
  /** in order */
  documents: DocumentView[];
  /** of all documents */
  passages: number;
  /** passages by language */
  languages: Record<string, number>;
  /** some of them, evenly spread */
  examples: PassageView[];
  /** what is asked: by language, then by kind of example */
  wordings: Record<string, Record<string, string>>;
}

/** The first rows as they would be imported. */
export interface MappingPreview {
  /** the first ones */
  rows: DataRow[];
  /** rows that were looked at */
  checked: number;
  /** these are all rows */
  whole: boolean;
  /** of these */
  rejected_rows: number;
  /** other columns that rows keep */
  kept: string[];
  /** other columns with something in them */
  left_out: LeftOutView[];
  /** rows by class */
  classes: Record<string, number>;
  /** the first ones */
  rejected: RejectedPreview[];
  /** of the file */
  columns: string[];
  /** a question that names the classes */
  wording: string | null;
  /** repairs that save rows */
  tidy: TidyView[];
  /** rows that all of them would save */
  tidy_together: number;
  /** rows by part, of those that were looked at, where parts are kept */
  splits: Record<string, number>;
}

/** How far the counting of tokens is. */
export interface MeasuredTokens {
  /** rows */
  measured: number;
  /** rows */
  total: number;
}

/** The memory of a job. */
export interface MemoryEstimate {
  /** what it is made of */
  items: MemoryLine[];
  /** their sum */
  total_mb: number;
  /** what the job may use */
  limit_mb: number;
}

/** One line of the memory estimate; texts are `plan.memory.<key>`. */
export interface MemoryLine {
  /** of the line */
  key: string;
  /** megabytes at the peak */
  mb: number;
  /** how it is calculated, with its numbers */
  formula: string;
  /** paper or documentation of the formula */
  source: string;
}

/** A base model with what was tuned on it. */
export interface MergeBase {
  /** of its row */
  id: number;
  /** shown in lists */
  name: string;
  /** the newest first */
  models: MergeCandidate[];
}

/** A tuned model that can, or cannot, be merged with others of its base. */
export interface MergeCandidate {
  /** of its row */
  id: number;
  /** shown in lists */
  name: string;
  /** of its adapter; None where it has none */
  rank: number | null;
  /** of its files */
  bytes: number;
  /** why it cannot be merged */
  refused: CodedMessage | null;
}

/** What can be merged, and how. */
export interface MergeForm {
  /** with at least two tuned models */
  bases: MergeBase[];
  /** the usual one first */
  ways: MergeWayView[];
  /** weight of a model, forwards or backwards */
  strongest: number;
}

/** A model that goes into a merge. */
export interface MergeParent {
  /** of its row */
  id: number;
  /** how much of it goes in */
  weight: number;
}

/** A way in which adapters are merged. */
export interface MergeWayView {
  /** in specs and on the command line */
  key: string;
  /** its name */
  label: Record<string, string>;
  /** what one gets */
  help: Record<string, string>;
  /** what the merged adapter's rank is */
  rank: "sum" | "chosen" | "same";
}

/** A merge that somebody asks for. */
export interface MergeWish {
  /** of one base */
  parents: MergeParent[];
  /** key of the way */
  way: string;
  /** where it can be chosen; None: the highest of the parents */
  rank: number | null;
  /** of the new model; "": from its parents */
  name: string;
}

/** A prompt, or one side's answer. */
export interface MessageView {
  /** from 1 */
  turn: number;
  /** who says it */
  role: "user" | "assistant";
  /** that answers; "" for prompts */
  side: string;
  /** the text */
  content: string;
  /** of an answer */
  status: "waiting" | "loading" | "streaming" | "complete" | "stopped" | "failed";
  /** of the weights that answered */
  weights_hash: string | null;
  /** of an answer */
  stats: AnswerStats;
}

/** One method on the Learn page. */
export interface MethodCard {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** key of its family */
  family: string;
  /** in one line */
  tagline: string;
  /** to newcomers */
  recommended: boolean;
  /** anything at all */
  trains: boolean;
  /** what its result is */
  saves: string;
  /** of its number of parameters */
  source: string;
  /** what it can do */
  capabilities: CapabilityView[];
  /** of it */
  variants: VariantCard[];
  /** further ones */
  notes: string[];
  /** None while it is not written */
  learn: MethodLesson | null;
}

/** What a method would cost for a form as it is filled in; only `fault` where it cannot be told. */
export interface MethodCost {
  /** why it cannot be told */
  fault?: CodedMessage;
  /** at the peak */
  memory_mb?: number;
  /** numbers that are trained */
  trained?: number;
  /** of the result */
  bytes?: number;
  /** it fits */
  ok?: boolean;
}

/** One method as the wizard offers it. */
export interface MethodForm {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** key of its family */
  family: string;
  /** in one line */
  tagline: string;
  /** in some lines */
  help: string;
  /** further ones */
  notes: string[];
  /** to newcomers */
  recommended: boolean;
  /** its own settings */
  params: ParamForm[];
  /** that it changes in the settings of training */
  defaults: Record<string, any>;
  /** learning rates: from so many parameters of the base on, this one */
  rates: number[][];
  /** those that matter here */
  capabilities: CapabilityView[];
  /** of it */
  variants: VariantForm[];
}

/** What is to be learnt of a method. */
export interface MethodLesson {
  /** it is */
  what: string;
  /** which numbers */
  trains: string;
  /** which not */
  frozen: string;
  /** to choose it */
  when: string;
  /** to choose it */
  when_not: string;
  /** of it */
  strengths: string[];
  /** of it */
  weaknesses: string[];
  /** where it is from */
  paper: string;
  /** of what it does */
  formula: string;
}

/** What a method costs on a model at its defaults; only `refused` where it does not work. */
export interface MethodNumbers {
  /** why it does not work */
  refused: CodedMessage | null;
  /** numbers that are trained */
  trained?: number;
  /** of all parameters */
  share?: number;
  /** numbers of the base that change */
  changed?: number;
  /** of that change */
  rank?: number | null;
  /** of the result */
  bytes?: number;
  /** of training, at the peak */
  memory_mb?: number;
}

/** What the user changed for one method. */
export interface MethodSettings {
  /** its own settings */
  method_params?: Record<string, any>;
  /** settings of training */
  training?: Record<string, any>;
}

/** A column of the leaderboard that says how good something is. */
export interface MetricColumn {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** what it says */
  help: string;
  /** direction that is better; "" where neither is */
  better: "low" | "high" | "";
  /** kind of comparison that has it; "" for each */
  only: "" | "objectives";
  /** says nothing where objectives are compared */
  loss: boolean;
  /** how its numbers are written */
  style: string;
  /** digits behind the point */
  decimals: number;
  /** name of its numbers over time; "" where it has none */
  curve: string;
}

/** What does not fit: sentence `fit.<code>`. */
export interface MisfitView {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** how much is lost */
  level: "danger" | "warn" | "info";
  /** the best first */
  ways: WayOutView[];
}

/** What a hub says of a model, and what its files say. */
export interface ModelFacts {
  /** of the whole download */
  bytes: number | null;
  /** its short name, as its card says */
  licence: string | null;
  /** codes, as its card says */
  languages: string[];
  /** its chat template takes tools; None where that was not looked at */
  tools: boolean | null;
  /** it can think before it answers; None where that was not looked at */
  thinking: boolean | null;
  /** that it comes from */
  hub: string | null;
}

/** The list of tuned models. */
export interface ModelsList {
  /** that there are in all */
  count: number;
  /** the newest ones first */
  rows: ListedTuned[];
}

/** A row of the database by its name. */
export interface NameOfId {
  /** of the row */
  id: number;
  /** for people */
  name: string;
}

/** A declared group or kind, by key and name. */
export interface Named {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
}

/** A job with its method's name. */
export interface NamedJob {
  /** of its row */
  id: number;
  /** as the user called it */
  name: string;
  /** of the user's */
  tags: string[];
  /** of the user's */
  note: string;
  /** key of its kind */
  kind: string;
  /** where it is in its life */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** what it does now */
  phase: string | null;
  /** the device or queue that it waits for */
  lane: string;
  /** done so far */
  step: number;
  /** None until it is known */
  total_steps: number | null;
  /** estimate of the worker, of all that is still to come */
  seconds_left: number | null;
  /** that it ran, all attempts together, without waiting; None before it has ended */
  seconds: number | null;
  /** of the latest steps, in nats a label */
  train_loss: number | null;
  /** of the held-out rows at the latest check */
  val_loss: number | null;
  /** key of its method, where it has one */
  method: string | null;
  /** key of what it optimises, where it trains */
  objective: string | null;
  /** what it makes answers in words; a reward model scores answers instead */
  talks: boolean;
  /** it learns from what answers get: its losses tell nothing */
  by_reward: boolean;
  /** of the validation prompts' answers at the latest check, where it learns by that */
  reward: number | null;
  /** data set that it is about */
  dataset_id: number | null;
  /** base model that it is about */
  base_model_id: number | null;
  /** seconds since 1970 */
  created_at: number;
  /** seconds since 1970 */
  started_at: number | null;
  /** seconds since 1970 */
  finished_at: number | null;
  /** how often it was claimed */
  attempt: number;
  /** why it failed */
  error: CodedMessage | null;
  /** what the user asked for */
  request: "stop" | "cancel" | null;
  /** the job that it came from */
  parent_id: number | null;
  /** what lists call its kind */
  title: Record<string, string>;
  /** the phase in words */
  phase_label: Record<string, string> | null;
  /** whether it learns something */
  trains: boolean;
  /** whether lists show it */
  listed: boolean;
  /** whether there is a file to save */
  gives_file: boolean;
  /** page, and the name in its address for the job's id, that shows what it makes */
  shown_at: [string, string] | null;
  /** share that is done, 0 to 1 */
  fraction: number;
  /** deleted ones have a name as well */
  dataset_name: string | null;
  /** deleted ones have a name as well */
  base_model_name: string | null;
  /** from 1; None when it does not wait */
  queue_place: number | null;
  /** the download of its base model, while it waits for that */
  waits_for: WeightsComing | null;
  /** the job of its recipe that it waits for */
  awaits: StageAwaited | null;
  /** which job of a recipe it is */
  stage: StagePlace | null;
  /** its worker has not been heard of for long */
  stalled: boolean;
  /** step of the last checkpoint */
  checkpoint_step: number | null;
  /** what may be done with it */
  can: JobCan;
  /** neither its model nor its data set was removed */
  inputs_there: boolean;
  /** the tuned model that it made */
  tuned_id: number | null;
  /** the comparison that it belongs to */
  comparison_id: number | null;
  /** numbers of its end, by kind */
  result: Record<string, any>;
  /** all that its worker reads */
  spec: Record<string, any>;
  /** its state in one sentence */
  headline: Headline;
  /** what tells of its result better than a loss, so far */
  outcome: OutcomeView | null;
  /** name of the tuned model that it goes on with; None where it begins with the base */
  starts_from: string | null;
  /** what resuming it would do, where it may be: text `resume.<code>` */
  resume_advice: CodedMessage | null;
  /** whether that is what to do */
  resuming_helps: boolean;
  /** for people */
  method_label: string;
  /** for people; "" where it is the usual one, or the job trains nothing */
  objective_label: string;
}

/** What is new about a job, with words. */
export interface NamedJobFeed {
  /** another attempt has begun: forget what was known */
  reset: boolean;
  /** new ones */
  events: JobEventView[];
  /** new ones */
  logs: JobLogLine[];
  /** new ones */
  samples: JobSample[];
  /** all */
  checkpoints: JobCheckpoint[];
  /** None before the start */
  plan: PromisedPlan | null;
  /** new points [step, value] by name */
  metrics: Record<string, number[][]>;
  /** to ask with next time */
  cursors: JobCursors;
  /** as it is now */
  job: NamedJob;
  /** that its error proposes */
  advice: AdviceRow[];
  /** of its objective */
  charts: ChartRow[];
  /** that draw charts together */
  figures: JobFigures;
}

/** A tuned model with words and forms of export. */
export interface NamedTuned {
  /** of its row */
  id: number;
  /** shown in lists */
  name: string;
  /** key of the method */
  method: string;
  /** "adapter", "full", "delta" or "shots" */
  format: string;
  /** it answers in words; a reward model scores answers instead */
  talks: boolean;
  /** of its files */
  bytes: number;
  /** why its files, or its base's, are not those that they were */
  changed: CodedMessage | null;
  /** of its weights */
  weights_hash: string;
  /** seconds since 1970 */
  created_at: number;
  /** that it stands on */
  base_model_id: number;
  /** of that */
  base_name: string;
  /** tuned model that its job went on with */
  start_name: string | null;
  /** None where it was deleted */
  dataset_id: number | null;
  /** of the data set */
  dataset_name: string;
  /** content that it was trained on */
  dataset_hash: string | null;
  /** that made it */
  job_id: number;
  /** of that */
  job_name: string;
  /** at the end */
  train_loss: number | null;
  /** at the end */
  val_loss: number | null;
  /** of the untouched base */
  base_val_loss: number | null;
  /** what tells of it better than its loss */
  outcome: OutcomeView | null;
  /** at the end */
  perplexity: number | null;
  /** of the optimizer */
  steps: number | null;
  /** that were trained on */
  tokens: number | null;
  /** that it took */
  seconds: number | null;
  /** that it can be; empty where there is nothing to choose */
  weights: KeptWeights[];
  /** {"base", "dataset", "spec", "libraries"} */
  lineage: Record<string, any>;
  /** of its job's end */
  metrics: Record<string, any>;
  /** newest export by form */
  export_jobs: Record<string, number | null>;
  /** by form that is offered */
  export_needs: Record<string, ExportNeeds>;
  /** why it cannot be had in other forms for such a result, by form */
  export_refused: Record<string, Record<string, string>>;
  /** for people */
  method_label: string;
  /** for people */
  objective_label: string;
  /** with reasons */
  not_offered: NotOffered[];
  /** that are offered */
  exports: ExportFormView[];
}

/** A form in which a model cannot be had. */
export interface NotOffered {
  /** of the form */
  label: string;
  /** why not */
  reason: string;
  /** what serves nearly the same; "" where nothing does */
  instead: string;
}

/** One objective on the Learn page. */
export interface ObjectiveCard {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** it is */
  what: string;
  /** that it needs */
  data: string;
  /** to choose it */
  when: string;
  /** to choose it */
  when_not: string;
  /** in one line */
  tagline: string;
  /** key of what it learns from */
  family: string;
  /** kinds of data, in words */
  learns_from: string[];
  /** formula */
  loss: string;
  /** where it is from */
  paper: string;
}

/** One objective, its settings told by their places. */
export interface ObjectiveEntry {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** in one line */
  tagline: string;
  /** in some lines */
  help: string;
  /** kinds of data */
  learns_from: string[];
  /** these kinds in words */
  usable: string;
  /** code of the sentence by kind that it cannot learn from */
  unfit: Record<string, string | null>;
  /** what one is called */
  example: string;
  /** key of what it learns from */
  family: string;
  /** offered to those who ask for more */
  rare: boolean;
  /** keys of methods */
  refuses: string[];
  /** by family of methods, the share of their learning rate that suits it */
  rates: Record<string, number>;
  /** places among the settings of all */
  params: number[];
}

/** One objective with its settings. */
export interface ObjectiveForm {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** in one line */
  tagline: string;
  /** in some lines */
  help: string;
  /** kinds of data */
  learns_from: string[];
  /** these kinds in words */
  usable: string;
  /** code of the sentence by kind that it cannot learn from */
  unfit: Record<string, string | null>;
  /** what one is called */
  example: string;
  /** key of what it learns from */
  family: string;
  /** offered to those who ask for more */
  rare: boolean;
  /** keys of methods */
  refuses: string[];
  /** by family of methods, the share of their learning rate that suits it */
  rates: Record<string, number>;
  /** settings of training */
  params: ParamForm[];
}

/** The table that was being typed. */
export interface OpenedSheet {
  /** None where there is none */
  sheet: SheetDraft | null;
  /** what was wrong with the stored one */
  warnings: CodedMessage[];
}

/** The most frequent first words. */
export interface OpeningCounts {
  /** with the rows that begin so */
  question: [string, number][];
  /** with the rows that begin so */
  answer: [string, number][];
}

/** One operation that makes a new version of a data set. */
export interface OperationForm {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** that it is listed in */
  group: string;
  /** what it does */
  help: string;
  /** of rows that it can work on */
  kinds: string[];
  /** its settings */
  params: ParamForm[];
  /** the source of a needed setting that has nothing to choose from */
  missing?: string | null;
}

/** What an operation would make of the version in use. */
export interface OperationPreview {
  /** of rows */
  summary: ChangeCounts;
  /** rows */
  before: number;
  /** rows */
  after: number;
  /** of them */
  splits: SplitsChange;
  /** some */
  examples: ChangedRow[];
  /** rows tried */
  looked: number;
  /** these are all rows */
  whole: boolean;
}

/** What held-out rows say of a result better than their loss; more is better. */
export interface OutcomeView {
  /** name of the number over time */
  metric: string;
  /** what it says */
  label: Record<string, string>;
  /** it is a share */
  share: boolean;
  /** before training */
  first: number;
  /** of the weights that are the model */
  last: number;
}

/** A model of a server. */
export interface OutsideModelView {
  /** the name of its side in a conversation */
  side: string;
  /** as the server calls it */
  name: string;
}

/** A server that the operator has set. */
export interface OutsideServerView {
  /** scheme, host and port */
  host: string;
  /** its whole address */
  url: string;
  /** that it has */
  models: OutsideModelView[];
  /** why it does not tell them */
  error: CodedMessage | null;
}

/** One control: everything that the form view needs to draw and check it. */
export interface ParamForm {
  /** of the setting */
  key: string;
  /** its name in a form's faults */
  field: string;
  /** what it holds */
  kind: "int" | "float" | "bool" | "choice" | "multi" | "text" | "data";
  /** None: chosen by Tunesmith, or needed */
  default: unknown;
  /** its name */
  label: string;
  /** what it does */
  help: string;
  /** what people usually take */
  usual: string | null;
  /** behind the number */
  unit: string | null;
  /** inclusive */
  minimum: number | null;
  /** inclusive */
  maximum: number | null;
  /** by which the field moves */
  step: number | null;
  /** of its slider */
  scale: "linear" | "log";
  /** where it is chosen from a list */
  choices: FormChoice[];
  /** folded away for beginners */
  advanced: boolean;
  /** may be empty */
  optional: boolean;
  /** where further choices come from */
  source: "" | "column" | "dataset" | "model" | "reward_model" | "reward_file";
  /** of a text's field */
  lines: number;
  /** that explains it */
  term?: FormTerm | null;
  /** kept apart for each method */
  per_method?: boolean;
}

/** How many parameters an entrant trains and changes. */
export interface ParameterCounts {
  /** numbers that are trained */
  trained?: number | null;
  /** numbers of the base that change */
  changed?: number | null;
  /** of that change */
  rank?: number | null;
}

/** A passage as it is read. */
export interface PassageView {
  /** of it */
  text: string;
  /** that it stands in */
  file: string;
  /** on which it begins */
  page: number | null;
  /** that it stands under */
  heading: string;
}

/** One complete plan. */
export interface PlanOffer {
  /** the same for the same plan */
  key: string;
  /** what puts it into the draft */
  changes: Record<string, any>;
  /** key of the method */
  method: string;
  /** number format */
  precision: "bf16" | "fp16" | "fp32";
  /** which attention runs: text `plan.<code>` */
  attention: CodedMessage | null;
  /** tokens of the longest example */
  max_length: number;
  /** examples that are cut */
  truncated: number;
  /** examples that are left out */
  dropped: number;
  /** tokens at a time */
  micro_tokens: number;
  /** average examples at a time */
  micro_rows: number;
  /** groups of the largest step */
  accumulation: number;
  /** examples of a step */
  batch_size: number;
  /** activations are recomputed */
  checkpointing: boolean;
  /** key of the optimizer */
  optimizer: string;
  /** key of the base's format */
  quantisation: string;
  /** of a weight of the base; None as it is */
  bits: number | null;
  /** passes over the data */
  epochs: number;
  /** of the optimizer */
  steps: number;
  /** at the peak */
  memory: MemoryEstimate;
  /** of the whole job */
  time: TimeEstimate;
  /** that it writes */
  disk: DiskPlan;
  /** 0 to 1, as far as is known */
  quality: number;
  /** text `plan.<code>` */
  why: CodedMessage;
  /** whether it can be started now */
  verdict: VerdictView;
  /** the first of them */
  best: boolean;
}

/** Complete plans for a model, data and budget, the best first. */
export interface PlanOffers {
  /** that they are for */
  device: PlannedDevice;
  /** that they are ranked by */
  goal: string;
  /** the best first */
  offers: PlanOffer[];
  /** why nothing that trains fits, where that is so */
  nothing: VerdictView | null;
  /** texts `plan.<code>`: what is to be known of each of them */
  warnings: WarningView[];
}

/** Memory, steps, time and disk of a job, and whether it fits. */
export interface PlanView {
  /** None while something is missing */
  device: PlannedDevice | null;
  /** None while something is missing */
  precision: PrecisionView | null;
  /** which attention runs: text `plan.<code>`; None while something is missing */
  attention: CodedMessage | null;
  /** at the peak */
  memory: MemoryEstimate;
  /** of a step */
  groups: StepGroups;
  /** numbers that are trained */
  trainable: number;
  /** empty lists where that is no matter of linear modules */
  reach: Reach;
  /** training examples */
  rows: number;
  /** tokens of them */
  tokens_per_epoch: number;
  /** tokens with a label */
  trained_tokens: number;
  /** of the optimizer */
  steps: number;
  /** None while something is missing */
  seconds: number | null;
  /** None while something is missing */
  time: TimeEstimate | null;
  /** examples that are cut */
  truncated: number;
  /** examples that are left out */
  dropped: number;
  /** activations are recomputed */
  recompute: boolean;
  /** all rows were counted */
  exact: boolean;
  /** that the job writes */
  disk_mb: number;
  /** what that is made of */
  disk: DiskPlan;
  /** whether it can be started */
  verdict: VerdictView;
  /** texts `plan.<code>` */
  warnings: WarningView[];
}

/** A device that something is planned for. */
export interface PlannedDevice {
  /** "cpu", "cuda:N", or of the catalogue */
  key: string;
  /** what its maker calls it */
  name: string;
  /** in words */
  kind: Record<string, string>;
  /** that it has */
  memory_mb: number;
  /** of that */
  free_mb: number;
}

/** The number format to train in, and why. */
export interface PrecisionView {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** the format */
  dtype: "bf16" | "fp16" | "fp32";
}

/** How far a model is prepared, in bytes of the phase at hand. */
export interface PrepareProgress {
  /** of the job */
  phase: string;
  /** the phase in words; None before there is one */
  label: Record<string, string> | null;
  /** bytes */
  done: number;
  /** bytes; None where that is not known */
  total: number | null;
  /** 0 to 1; None where the total is not known */
  fraction: number | null;
}

/** A measurement on this machine. */
export interface ProbeView {
  /** that measures */
  job: number;
  /** of it */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** steps done */
  step: number;
  /** why it failed */
  error: CodedMessage | null;
  /** of the steps that count */
  seconds: number | null;
  /** of the steps that count */
  tokens_per_s: number | null;
  /** memory at the peak */
  measured_mb: number | null;
  /** what the plan says */
  bill_mb: number | null;
  /** seconds since 1970 */
  measured_at: number | null;
  /** how many steps count */
  code: "whole" | "fewer" | "part" | null;
}

/** One line of the memory that was promised. */
export interface PromisedItem {
  /** of the text `plan.memory.<key>` */
  key: string;
  /** megabytes */
  mb: number;
}

/** What was promised when a job started. */
export interface PromisedPlan {
  /** memory that it would need */
  need_mb: number;
  /** memory that it may use */
  limit_mb: number;
  /** of that memory */
  items: PromisedItem[];
  /** how long it would take */
  seconds: number | null;
}

/** A question as a form asks it. */
export interface PromptAsked {
  /** with {{variables}} where there are values */
  prompt: string;
  /** of the variables; None: it is asked as it stands */
  values?: Record<string, string> | null;
}

/** A stretch of a prompt. */
export interface PromptPart {
  /** of it */
  text: string;
  /** it is a control token, which the template wrote */
  control: boolean;
}

/** All numbers of a proof. */
export interface ProofNumbers {
  /** that were read word for word */
  rows: number;
  /** mean KL divergence of the next token, in nats; None where it is no number */
  divergence: number | null;
  /** its 99th percentile */
  divergence_99: number | null;
  /** tokens of the rows that were expected before and are not now */
  token_flips: number;
  /** questions that were answered wrong before and are answered right */
  gains: number;
  /** prompts that training never saw */
  held_out: number;
  /** from where on it has failed, by the names of the numbers */
  limits: Record<string, number>;
  /** of the tensors, the largest first */
  formats: StoredFormat[];
  /** further findings of the writer, by their names */
  facts: Record<string, string>;
  /** side by side */
  answers: ComparedAnswer[];
}

/** A push that somebody asks for. */
export interface PushAsked {
  /** id of the export job */
  export: number;
  /** which of its files, counted from 0 */
  file: number;
  /** "owner/name" */
  repo: string;
  /** only its owner sees it */
  private: boolean;
  /** the repository may be there already */
  add: boolean;
  /** what leaves, and to where, was read */
  confirmed: boolean;
}

/** What would leave this machine, and to where. */
export interface PushOffer {
  /** by whoever runs Tunesmith */
  allowed: boolean;
  /** of the hub; "" where none is allowed */
  host: string;
  /** an access token is kept here */
  token: boolean;
  /** name that is proposed, without its owner */
  repo: string;
  /** all that would be sent */
  files: PushedFile[];
  /** of all files */
  bytes: number;
}

/** A file that would leave this machine. */
export interface PushedFile {
  /** within the export */
  name: string;
  /** of it */
  bytes: number;
}

/** How far a list of questions is. */
export interface QuestionListView {
  /** that asks them */
  job: JobView;
  /** questions */
  total: number;
  /** answered ones, from where the page asked */
  rows: ListRow[];
  /** rows that are as wished for; None where nothing was */
  matched: number | null;
  /** variables that the rows fill */
  columns: string[];
  /** who answers */
  sides: SideView[];
  /** that they answer with */
  settings: ChatSettings;
}

/** What is to be ranked next, and how far it is. */
export interface RankQueue {
  /** the next ones */
  tasks: RankTask[];
  /** prompts whose answers are there */
  ready: number;
  /** of these, by this person */
  ranked: number;
  /** that this person passed over */
  passed: number;
  /** prompts without two different answers: nothing to rank */
  alike: number;
  /** prompts whose answers still come */
  waiting: number;
}

/** A prompt with its answers, in the order in which this person sees them. */
export interface RankTask {
  /** of the prompt */
  id: number;
  /** that was answered */
  prompt: ChatTurn[];
  /** two or more */
  answers: RankedAnswer[];
  /** as this person ranked them, by place; empty where they did not */
  ranks: number[];
  /** the best answer as this person rewrote it */
  best: string | null;
}

/** An answer to be ranked. Who gave it is not told before. */
export interface RankedAnswer {
  /** among the answers as they were drawn */
  place: number;
  /** of it */
  text: string;
  /** it ended by itself */
  whole: boolean;
}

/** A model among those that blind votes compare with it. */
export interface RankedModel {
  /** for people: the newest that it was called by */
  name: string;
  /** as pages colour it */
  kind: "base" | "tuned" | "fewshot";
  /** hash that names it */
  weights: string;
  /** models of different groups were never compared */
  group: number;
  /** within the group; equal where intervals overlap */
  rank: number;
  /** strength: 0 is the mean of the group, 400 more are odds of ten to one */
  points: number;
  /** end of its interval of 95 %, for one look */
  low: number;
  /** the other end */
  high: number;
  /** it met others on */
  prompts: number;
}

/** Who ranked what, before rows are made of it. */
export interface RankedView {
  /** the most busy first */
  raters: RaterCount[];
  /** of every two */
  agreements: AgreementView[];
  /** that would be made, by form: "ranking", "pairs", "thumbs" */
  rows: Record<string, number>;
}

/** How much somebody ranked. */
export interface RaterCount {
  /** their name */
  rater: string;
  /** prompts */
  ranked: number;
}

/** Hardware that a job may use, as a form has it; what is not there is the machine's. */
export interface RawBudget {
  /** "auto", or key of a device */
  device?: string;
  /** most memory */
  memory_mb?: number | string | null;
  /** most time */
  minutes?: number | string | null;
  /** most disk space */
  disk_mb?: number | string | null;
  /** how plans are ranked */
  goal?: string;
}

/** A comparison as a form has it, not checked yet. */
export interface RawComparison {
  /** what the user calls it */
  name?: string;
  /** id */
  base_model?: number | null;
  /** id */
  dataset?: number | null;
  /** what is compared */
  entrants?: RawEntrant[];
  /** settings that are the same for all */
  shared?: Record<string, any>;
  /** "auto", or key of a device */
  device?: string;
  /** limit of each job */
  memory_mb?: number | string | null;
  /** rewards that say which of two answers is better, in a comparison of objectives */
  judged_by?: Record<string, any>[];
}

/** An entrant as a form has it. */
export interface RawEntrant {
  /** key */
  method: string;
  /** key */
  variant: string | null;
  /** key, in a comparison of objectives */
  objective?: string | null;
  /** settings of its own */
  method_params?: Record<string, any>;
  /** settings of training of its own */
  training?: Record<string, any>;
}

/** Settings of a training job as a form has them, not checked yet. */
export interface RawJob {
  /** of this form */
  version?: number;
  /** what the user calls it */
  name?: string;
  /** key */
  objective?: string;
  /** id */
  base_model?: number | null;
  /** id */
  dataset?: number | null;
  /** key */
  method?: string;
  /** values of the method's settings */
  method_params?: Record<string, any>;
  /** values of the settings of training */
  training?: Record<string, any>;
  /** hardware that it may use */
  budget?: RawBudget;
  /** questions to ask while it trains */
  sample_prompts?: string[];
}

/** A recipe as a form has it, not checked yet. */
export interface RawRecipe {
  /** key */
  recipe?: string;
  /** what the user calls it */
  name?: string;
  /** id */
  base_model?: number | null;
  /** key; the same for all stages */
  method?: string;
  /** settings of it */
  method_params?: Record<string, any>;
  /** "auto", or key of a device */
  device?: string;
  /** limit of each job */
  memory_mb?: number | string | null;
  /** by key */
  stages?: Record<string, RawStage>;
}

/** A stage as a form has it. */
export interface RawStage {
  /** key; the stage's usual one where it is missing */
  objective?: string;
  /** id */
  dataset?: number | null;
  /** settings of training that differ from the defaults */
  training?: Record<string, any>;
  /** most time for the stage */
  minutes?: number | string | null;
}

/** Which linear modules of the layers, and whether the experts, a method changes in this model. */
export interface Reach {
  /** names of modules; "experts" for the tensors of all experts */
  adapted: string[];
  /** those that stay as they are */
  kept: string[];
}

/** A draft from a file. */
export interface ReadDraft {
  /** that asks for the same */
  draft: WizardDraft;
  /** what could not be taken over */
  warnings: CodedMessage[];
}

/** How files are read, as far as a person may choose it. */
export interface ReadingView {
  /** of a workbook, or table of a database or page */
  sheet?: string;
  /** that there are */
  sheets?: unknown[];
  /** what becomes a row of a text */
  unit?: string;
  /** length of a piece of text */
  chunk_characters?: number;
  /** what names the columns: "first" or "none" */
  header?: string;
  /** how quotes stand in texts: "doubled", "spaced", "backslash" or "plain" */
  quoting?: string;
}

/** What is to be read in another way. */
export interface ReadingWish {
  /** of a workbook, or table of a database or page */
  sheet?: string;
  /** what names the columns: "first" or "none" */
  header?: string;
  /** how quotes stand in texts: "doubled", "spaced", "backslash" or "plain" */
  quoting?: string;
}

/** What a recipe would cost. */
export interface RecipeCosts {
  /** of all stages, one after the other; None while one is unknown */
  seconds: number | null;
  /** by key */
  stages: Record<string, StageCost>;
}

/** A recipe that can be chosen. */
export interface RecipeForm {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** in one line */
  tagline: string;
  /** when to choose it */
  help: string;
  /** where it comes from */
  paper: string;
  /** in their order */
  stages: StageForm[];
  /** keys of those that its stages can have */
  methods: string[];
}

/** All that the form of a recipe is drawn from. */
export interface RecipeForms {
  /** that this version knows */
  recipes: RecipeForm[];
  /** by key */
  objectives: Record<string, ObjectiveForm>;
  /** of any of the recipes */
  methods: RecipeMethod[];
  /** that can be planned with */
  models: BaseModelView[];
  /** that are ready */
  datasets: DatasetBrief[];
  /** here */
  devices: DeviceChoice[];
}

/** A method for all stages. */
export interface RecipeMethod {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** in one line */
  tagline: string;
  /** its own settings */
  params: ParamForm[];
}

/** One run of a recipe. */
export interface RecipeRun {
  /** of the run */
  id: number;
  /** key */
  recipe: string;
  /** its name for people */
  label: string;
  /** that the user gave */
  name: string;
  /** of its model */
  base_model_name: string | null;
  /** key */
  method: string | null;
  /** something of it waits or runs */
  active: boolean;
  /** in their order */
  stages: StageRun[];
}

/** A rejected row to be repaired. */
export interface RejectedFields {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** of it */
  id: number;
  /** of the file, from 1 */
  line: number | null;
  /** where there are several */
  file: string | null;
  /** all of it */
  raw: string;
  /** columns and texts; None where they cannot be told */
  fields: [string, string][] | null;
}

/** A row that could not be used, in a preview. */
export interface RejectedPreview {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** of the file, from 1 */
  line: number | null;
  /** record, from 1 */
  row: number | null;
  /** at fault */
  column: string | null;
  /** its beginning */
  raw: string;
  /** where there are several */
  file: string | null;
}

/** A row of the import that could not be used. */
export interface RejectedRowView {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** of it */
  id: number;
  /** where there are several */
  file: string | null;
  /** of the file, from 1 */
  line: number | null;
  /** record, from 1 */
  row: number | null;
  /** at fault */
  column: string | null;
  /** its beginning */
  raw: string;
  /** in the file of rejected rows */
  place: number | null;
  /** seconds since 1970 */
  repaired_at: number | null;
}

/** Some rejected rows in the order of the file. */
export interface RejectedRows {
  /** of all */
  total: number;
  /** that can be looked at */
  listed: number;
  /** of these */
  repaired: number;
  /** some */
  rows: RejectedRowView[];
}

/** A device with what is left to other programs on it. */
export interface ReserveView {
  /** "cpu" or "cuda:N" */
  key: string;
  /** what its maker calls it */
  name: string;
  /** that it has */
  memory_mb: number;
  /** of that, now */
  free_mb: number;
  /** that a job may use */
  limit_mb: number;
  /** left to others */
  reserve_mb: number;
  /** that is left to others unless it is set */
  usual_mb: number;
  /** whether it is set */
  own: boolean;
  /** whether a display hangs on it */
  display: boolean;
  /** processes that hold some of it now, where they can be told */
  holders: HolderView[];
}

/** Some rows of the queue. */
export interface ReviewQueue {
  /** some */
  rows: ReviewRowView[];
  /** of that status */
  total: number;
  /** rows by status */
  counts: Record<string, number>;
  /** data sets that rows are meant for */
  targets: ReviewTarget[];
}

/** A row that waits to be judged, or was. */
export interface ReviewRowView {
  /** in the queue */
  id: number;
  /** its content */
  row: RowContent;
  /** who made it */
  origin: Record<string, any>;
  /** where it stands */
  status: "waiting" | "approved" | "rejected" | "added";
  /** that it is meant for */
  dataset_id: number | null;
  /** seconds since 1970 */
  created_at: number;
  /** seconds since 1970 */
  updated_at: number;
  /** of the row */
  kind: string;
  /** of the data set that it is meant for */
  dataset_name: string;
}

/** A data set that rows are meant for. */
export interface ReviewTarget {
  /** of the data set */
  id: number;
  /** of it */
  name: string;
  /** that are meant for it */
  rows: number;
}

/** What settings of rewards can name. */
export interface RewardChoices {
  /** tuned models that score */
  reward_models: NameOfId[];
  /** base models that may judge */
  models: NameOfId[];
  /** of the operator, by name */
  files: string[];
  /** of the operator */
  service: RewardService | null;
}

/** One reward that can be chosen. */
export interface RewardForm {
  /** of it */
  key: string;
  /** its name */
  label: string;
  /** what it says of an answer */
  help: string;
  /** its settings */
  params: ParamForm[];
  /** "reference", "tools" */
  asks_of_rows: string[];
  /** "model", "endpoint", "file" */
  needs: string[];
  /** why it cannot be used here */
  why_not: CodedMessage | null;
}

/** All that there is to choose. */
export interface RewardForms {
  /** in their order */
  rewards: RewardForm[];
  /** what settings can name */
  choices: RewardChoices;
  /** rewards of a job */
  most: number;
  /** weight */
  heaviest: number;
}

/** The model's own answers to questions of the data. */
export interface RewardSampling {
  /** that asks it */
  job: number;
  /** answers that are there */
  done: number;
  /** questions */
  total: number;
  /** no more will come */
  ended: boolean;
  /** why it failed */
  error: CodedMessage | null;
}

/** The operator's service, as a judge. */
export interface RewardService {
  /** that answers are sent to */
  host: string;
  /** name of the model there */
  model: string;
  /** it is on this machine */
  near: boolean;
}

/** What is to be scored. */
export interface RewardTrial {
  /** as a spec holds them */
  rewards: unknown;
  /** whose expected answers are scored */
  dataset: number | null;
  /** further answers */
  typed: TypedAnswer[];
  /** the job that asked the model */
  sampled: number | null;
}

/** What a trial says. */
export interface RewardTrialView {
  /** in their order */
  parts: TriedPart[];
  /** in the order of their origin */
  answers: TriedAnswer[];
  /** several of the model's answers, and all have the same total */
  flat: boolean;
  /** where the model was asked */
  sampling: RewardSampling | null;
}

/** How far a rewriting is. */
export interface RewriteState {
  /** the newest */
  job: RewriteView | null;
  /** rows that wait to be judged */
  waiting: number;
}

/** The newest rewriting of a data set. */
export interface RewriteView {
  /** that rewrites */
  job: number;
  /** of it */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** rows so far */
  step: number;
  /** rows in all */
  total: number | null;
  /** of the job */
  phase: string | null;
  /** estimate */
  seconds_left: number | null;
  /** {"rows", "made", "left_out"}; it grows */
  result: Record<string, any>;
  /** why it failed */
  error: CodedMessage | null;
}

/** A row as a model reads it; only `error` where it does not take it. */
export interface RowAsTokens {
  /** of the row */
  id: number;
  /** why it is not taken */
  error: CodedMessage | null;
  /** the first ones */
  tokens?: TokenView[];
  /** of the whole row, in tokens */
  length?: number;
  /** tokens that are learnt */
  trained?: number;
  /** how much learnt tokens count, each once; empty where each counts once */
  weights?: number[];
  /** tokens that are not shown */
  more?: number;
  /** answers that are not learnt */
  skipped_turns?: number;
  /** answers whose reasoning is not learnt */
  lost_thoughts?: number;
  /** answers whose end is not learnt */
  open_ends?: number;
  /** answers whose white space at the beginning is lost */
  cropped?: number;
  /** control tokens stand in its texts */
  controls?: boolean;
  /** the model's limit, where the row is longer */
  over?: number | null;
}

/** What is trained on of a row: fields of its kind. */
export interface RowContent {
  /** of a conversation */
  messages?: ChatTurn[];
  /** plain text */
  text?: string;
  /** before two answers, or a judged one */
  prompt?: ChatTurn[];
  /** the better answer */
  chosen?: ChatTurn[];
  /** the worse answer */
  rejected?: ChatTurn[];
  /** how much better the better answer is */
  margin?: number;
  /** of a ranking */
  answers?: ChatTurn[][];
  /** of them, 1 is best; equal ones are ties */
  ranks?: number[];
  /** of them, of which the ranks were made */
  scores?: number[];
  /** a judged answer */
  completion?: ChatTurn[];
  /** the judgement */
  label?: boolean;
  /** what an answer to a question without one is judged by */
  reference?: Record<string, any>;
  /** definitions of functions */
  tools?: unknown[];
  /** how much the row counts in the loss; 1 where it does not say */
  weight?: number;
  /** other columns */
  extra?: Record<string, any>;
  /** who made it */
  origin?: Record<string, any>;
}

/** A row that differs between two versions. */
export interface RowDifference {
  /** of the row */
  id: number;
  /** None where it was added */
  before: DataRow | null;
  /** None where it was dropped */
  after: DataRow | null;
}

/** A field of a shape of rows. */
export interface RowField {
  /** of the field */
  key: string;
  /** it needs a column */
  required: boolean;
  /** it may be worded from several columns */
  wording: boolean;
  /** what it is in a row, the same in every shape */
  role: string;
  /** few files have it */
  seldom: boolean;
}

/** What rows can be filtered by. */
export interface RowFilters {
  /** other columns */
  columns: string[];
  /** that found something */
  checks: FoundCheck[];
}

/** Numbers of a row. */
export interface RowMeasures {
  /** of all its texts */
  characters: number;
  /** characters of its answer */
  answer: number;
  /** answers */
  turns: number;
}

/** Which rows, in which order; what is empty means "any". */
export interface RowQuery {
  /** stands in one of the row's texts */
  text?: string;
  /** that rows belong to */
  split?: string;
  /** code */
  language?: string;
  /** answers in the conversation */
  turns?: number | string | null;
  /** another column ... */
  column?: string;
  /** ... that holds this */
  value?: string;
  /** that found something in them */
  check?: string;
  /** what they are ordered by */
  sort?: string;
  /** largest first */
  descending?: boolean;
  /** whose tokens are counted */
  model?: number | null;
}

/** A rejected row as a person put it right. */
export interface RowRepair {
  /** of the rejected row */
  id: number;
  /** by column */
  values?: Record<string, string>;
  /** where columns cannot be told */
  raw?: string;
}

/** A shape that rows can have. */
export interface RowShape {
  /** of the shape */
  key: string;
  /** of the rows */
  kind: string;
  /** in their order */
  fields: RowField[];
  /** field that takes one more column */
  further: "input" | "system" | null;
}

/** Which rows of a table are looked at, and in which order. */
export interface RowWish {
  /** that stands in a question, a value or an answer */
  search?: string;
  /** rows whose answers are so */
  only?: "" | "differ" | "same" | "failed" | "cut";
  /** "": as asked; "question"; "unlike": by how different the answers are; a side: by the length of its answers */
  sort?: string;
  /** the largest first */
  down?: boolean;
}

/** One job of an entrant. */
export interface RunView {
  /** of the job */
  job_id: number;
  /** that it trains with */
  seed: number;
  /** of the job */
  status: string;
  /** that is done, 0 to 1 */
  fraction: number;
  /** estimate */
  seconds_left: number | null;
  /** that it made */
  tuned_id: number | null;
  /** why it failed */
  error: CodedMessage | null;
  /** it used its whole budget */
  whole: boolean;
}

/** A version with its operation in words. */
export interface SaidVersion {
  /** from 1 */
  number: number;
  /** that it was made from */
  parent: number | null;
  /** that made it */
  operation: string;
  /** of the operation */
  params: Record<string, any>;
  /** what the operation did */
  summary: Record<string, any>;
  /** to learn from */
  train_rows: number;
  /** held out */
  val_rows: number;
  /** for tests */
  test_rows: number;
  /** of its rows */
  content_hash: string;
  /** seconds since 1970 */
  created_at: number;
  /** in all */
  rows: number;
  /** now */
  in_use: boolean;
  /** training jobs that were started on its rows */
  jobs: number;
  /** of the operation */
  label: string;
  /** names and values */
  settings: [string, string][];
}

/** An answer that many rows have. */
export interface SameText {
  /** its beginning */
  text: string;
  /** that have it */
  rows: number;
}

/** What is counted over a sample of rows. */
export interface SampleCounts {
  /** rows */
  looked: number;
  /** rows with a system message */
  with_system: number;
  /** rows with definitions of functions */
  with_tools: number;
  /** rows that a model or an operation made */
  made_up: number;
  /** lengths in characters */
  question: SpreadView | null;
  /** of texts */
  openings: OpeningCounts;
  /** answers */
  identical: SameText[];
  /** that repeat an answer */
  identical_rows: number;
  /** that look like labels */
  labels: LabelColumn[];
}

/** An answer as a person leaves it for training. */
export interface SavedRow {
  /** as it was left */
  question: string;
  /** as it was left */
  answer: string;
  /** earlier turns are part of it */
  with_before?: boolean;
  /** that it is meant for */
  dataset?: number | null;
}

/** What a reward model says of one answer. */
export interface ScoreOf {
  /** None where it has nothing to say */
  score: number | null;
  /** why it has not */
  error: CodedMessage | null;
}

/** What becomes of the score when good answers are spoilt in one way. */
export interface ScoreProbe {
  /** what was done to them */
  key: "twice" | "half" | "shuffled" | "other" | "word";
  /** score */
  mean: number;
  /** share of the answers whose spoilt form has the lower score, as it should */
  worse: number;
  /** answers */
  count: number;
}

/** How a reward model scores a data set. */
export interface ScoreSpread {
  /** share done; then nothing else is there */
  working?: number;
  /** of the bars */
  edges?: number[];
  /** by kind of answer */
  groups?: ScoredGroup[];
  /** share of pairs whose better answer leads; None of a data set without pairs */
  right?: number | null;
  /** rank correlation of score and length; None where there is none */
  length?: number | null;
  /** share of pairs whose better answer is the longer one */
  longer_better?: number | null;
  /** good answers, spoilt */
  probes?: ScoreProbe[];
  /** that were scored */
  rows?: number;
  /** rows of the data set */
  total?: number;
  /** answers that are too long or empty */
  left_out?: number;
}

/** Answers of one kind in a data set. */
export interface ScoredGroup {
  /** "better", "worse" or "answers" */
  key: string;
  /** of each bar */
  counts: number[];
  /** score */
  mean: number;
  /** answers */
  count: number;
}

/** A tuned reward model. */
export interface ScorerView {
  /** of its row */
  id: number;
  /** of it */
  name: string;
  /** of the model that it was made from */
  base_name: string;
}

/** A program with its commands for one model. */
export interface ServingProgramView {
  /** of the program */
  key: string;
  /** its name */
  label: Record<string, string>;
  /** when to choose it */
  help: Record<string, string>;
  /** of its API, once it runs */
  address: string;
  /** address of its documents */
  source: string;
  /** clients must send a key */
  keyed: boolean;
  /** the best one first */
  ways: ServingWayView[];
}

/** A form of the model that the program takes. */
export interface ServingWayView {
  /** key of the form */
  form: string;
  /** its name */
  label: Record<string, string>;
  /** what is good about it */
  about: Record<string, string>;
  /** settings of the form that suit */
  params: Record<string, any>;
  /** why the model cannot be served so */
  reason: Record<string, string> | null;
  /** such an export is there */
  made: boolean;
  /** what to do, in order */
  lines: UseStep[];
}

/** One setting of a job, for people. */
export interface SettingRow {
  /** under which it is shown */
  group: "method" | "training" | "budget";
  /** its name */
  label: string;
  /** in words */
  value: string;
  /** it is not the default */
  changed: boolean;
  /** where a beginner would look */
  main: boolean;
}

/** How many checks of each severity found something. */
export interface SeverityCounts {
  /** to be repaired */
  serious: number;
  /** to be looked at */
  look: number;
  /** to be known */
  hint: number;
}

/** The table that is being typed. */
export interface SheetDraft {
  /** names */
  columns: string[];
  /** cells */
  rows: string[][];
  /** of the data set */
  name: string;
}

/** One model of the list that ships with the product. */
export interface ShelfModel {
  /** its name on the hub */
  ref: string;
  /** shown in lists */
  name: string;
  /** that it is listed under, "Qwen 3" */
  family: string;
  /** who made it */
  maker: string;
  /** numbers in its weights */
  parameters: number;
  /** of them that work on one token, where experts rest */
  active: number | null;
  /** most tokens that it takes */
  context_length: number | null;
  /** of the download, about */
  bytes: number;
  /** codes, the strongest first; "multilingual" for many more */
  languages: string[];
  /** its short name */
  licence: string;
  /** its makers ask for an agreement and a token first */
  gated: boolean;
  /** its chat template takes tools */
  tools: boolean;
  /** it thinks before it answers, where it is asked to */
  thinking: boolean;
  /** "llama" ... */
  architecture: string;
  /** what one should know of it */
  about: Record<string, string> | null;
  /** whether it can be trained on the device */
  fits: FitHere;
  /** of the base model that it is here already */
  model_id: number | null;
  /** of that */
  status: "preparing" | "known" | "ready" | "failed" | null;
}

/** The list, judged for one device. */
export interface ShelfView {
  /** name of it */
  device: string;
  /** that a job may use there */
  limit_mb: number;
  /** a model of more takes over an hour for a small lesson there */
  quick_parameters: number;
  /** family by family, small ones first */
  models: ShelfModel[];
}

/** The answer of one side, read by another. */
export interface SideDifferences {
  /** that said it */
  side: string;
  /** that read it */
  other: string;
  /** of the answer, its end among them */
  words: TwoWords[];
  /** the last one is the token that ended it */
  ended: boolean;
  /** where they differ most, the largest difference first */
  largest: SidesAt[];
  /** the first word that the other would not have said at temperature 0 */
  first: SidesAt | null;
  /** share of the words that it would have said at temperature 0 */
  agree: number;
  /** both read the same prompt; else each read its own */
  same_prompt: boolean;
  /** where the answers of both at temperature 0 part; None where they do not within `greedy_words` */
  greedy: SidesAt | null;
  /** of the answer at temperature 0 that was looked at */
  greedy_words: number;
  /** that answer is the one above: it was given at temperature 0 */
  greedy_own: boolean;
}

/** Who answers. */
export interface SideView {
  /** "base", "tuned:ID", "checkpoint:ID" or "model:ID" */
  side: string;
  /** the model's name */
  label: string;
  /** as pages colour it */
  kind: "base" | "tuned" | "fewshot";
  /** of the weights that answer */
  weights_hash: string;
  /** name of the base that it stands on, where that is another one than the conversation's */
  base?: string;
  /** of a checkpoint */
  step?: number | null;
}

/** A place of an answer with what each side would say there. */
export interface SidesAt {
  /** of the word, from 0; that of the end is the number of words */
  place: number;
  /** the end of the text before it */
  before: string;
  /** that stands there */
  text: string;
  /** likeliest words of the side that said it */
  own: LikelyWord[];
  /** of the side that reads it */
  other: LikelyWord[];
  /** as in `TwoWords` */
  difference: number;
}

/** One line of a bill in megabytes. */
export interface SizedItem {
  /** of its text */
  key: string;
  /** megabytes */
  mb: number;
}

/** The same with each setting told once. */
export interface SmallForms {
  /** of a spec */
  version: number;
  /** in their order */
  methods: MethodForm[];
  /** of methods */
  families: Named[];
  /** what can be learnt from */
  sources: SourceForm[];
  /** in their order */
  objectives: ObjectiveEntry[];
  /** of all objectives */
  settings: ParamForm[];
}

/** What a model can learn from: a family of objectives. */
export interface SourceForm {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** what the model makes of it */
  says: string;
  /** a row, in a line */
  example: string;
  /** of rows that are made for it */
  kinds: string[];
}

/** Where the rows' parts come from. */
export interface SplitWish {
  /** drawn anew, or as the data have them */
  kind?: "random" | "kept";
  /** file -> its part */
  files?: Record<string, "train" | "val" | "test">;
  /** that says a row's part */
  column?: string | null;
  /** what "eval" means in the column */
  eval?: "val" | "test";
  /** what an empty cell of the column means; None: the row is refused */
  empty?: "train" | "val" | "test" | null;
  /** validation rows are drawn out of training where there are none */
  draw?: boolean;
}

/** Rows by split, before and after. */
export interface SplitsChange {
  /** as they are */
  before: Record<string, number>;
  /** as they would be */
  after: Record<string, number>;
}

/** The parts that the data bring. */
export interface SplitsView {
  /** as found; None: nothing to keep */
  proposed: SplitWish | null;
  /** of the last import */
  chosen: SplitWish | null;
  /** names, in order */
  files: string[];
}

/** How a number is spread over rows. */
export interface SpreadView {
  /** from, to (not included), rows */
  bars: [number, number, number][];
  /** of all */
  mean: number;
  /** half are above */
  median: number;
  /** one in twenty is above */
  p95: number;
  /** the largest */
  longest: number;
}

/** The job of a recipe that another one waits for. */
export interface StageAwaited {
  /** id */
  job: number;
  /** of it */
  name: string;
  /** of it */
  status: string;
  /** it ended without a result: nothing comes while nobody goes on with it */
  held: boolean;
}

/** What a stage would cost; only `error` where it cannot be told. */
export interface StageCost {
  /** why it cannot be told */
  error?: CodedMessage;
  /** of the job */
  seconds?: number | null;
  /** at the peak */
  memory_mb?: number;
  /** whether it fits */
  verdict?: VerdictView;
}

/** A stage that can be filled in. */
export interface StageForm {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** what it does */
  help: string;
  /** keys of what it may optimise, the usual one first */
  objectives: string[];
  /** name of the stage whose weights it goes on with */
  goes_on: string | null;
  /** name of the stage whose result scores its answers */
  rewarded_by: string | null;
}

/** Which job of a recipe it is. */
export interface StagePlace {
  /** id of the run */
  run: number;
  /** key */
  recipe: string;
  /** key */
  stage: string;
  /** from 1 */
  place: number;
  /** so many */
  of: number;
}

/** A stage of a run: the job that counts for it. */
export interface StageRun {
  /** of the stage */
  key: string;
  /** its name for people */
  label: string;
  /** from 1 */
  place: number;
  /** None where it was removed */
  job: JobView | null;
  /** key */
  objective: string;
  /** names of the stages whose results it begins with or is rewarded by */
  takes: string[];
  /** points [step, value] by name */
  curves: Record<string, number[][]>;
  /** it ended without a result, and may be gone on with or begun anew */
  can_go_on: boolean;
}

/** How a step is worked through. */
export interface StepGroups {
  /** at a time */
  tokens: number;
  /** groups of a step */
  per_step: number;
}

/** One number format of the tensors in a file. */
export interface StoredFormat {
  /** as the file names it */
  name: string;
  /** how many */
  tensors: number;
  /** of them */
  bytes: number;
}

/** What a job begins with where nobody chose its rewards. */
export interface SuggestedRewards {
  /** as a spec holds them */
  rewards: Record<string, any>[];
  /** what in the rows speaks for them */
  why: CodedMessage;
}

/** An answer word by word. */
export interface SureAnswer {
  /** that answered */
  side: string;
  /** together they are its text; empty where nothing was kept */
  words: SureWord[];
  /** the token that ended it */
  end: SureWord | null;
  /** of it, where several may be one word */
  tokens: number;
}

/** A word (token) of an answer, and how sure the model was of it. */
export interface SureWord {
  /** of it */
  text: string;
  /** its probability at temperature 1 */
  share: number;
  /** the likeliest others */
  others: LikelyWord[];
  /** of all that could stand there, in nats; of the least sure of several tokens */
  entropy: number;
}

/** A system prompt of the library. */
export interface SystemPromptView {
  /** of its row; None for one that comes with the product */
  id: number | null;
  /** of it */
  name: string;
  /** with {{variables}} to fill in */
  text: string;
  /** seconds since 1970 */
  updated_at: number | null;
}

/** Something about how a template teaches a row. */
export interface TemplateFinding {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** how it is marked */
  level: "good" | "info" | "warn" | "danger";
}

/** How a model's template teaches a real row. */
export interface TemplateReport {
  /** what was seen */
  findings: TemplateFinding[];
  /** None where it takes none */
  row: TemplateRow | null;
  /** the row's last ones */
  tokens: TokenView[];
  /** there are more before them */
  cut: boolean;
  /** what the template puts before the first question */
  head: string;
}

/** The row that was looked at. */
export interface TemplateRow {
  /** of the row */
  id: number | null;
  /** of the file */
  line: number | null;
}

/** A word of the glossary. */
export interface TermView {
  /** its anchor */
  key: string;
  /** the word */
  name: string;
  /** the word in English, where the page is in another language */
  english: string | null;
  /** in plain sentences */
  meaning: string;
  /** where it is from */
  source: LinkView | null;
}

/** A repair of conversations, with what it does among the rows that were looked at. */
export interface TidyView {
  /** of it */
  key: string;
  /** that it saves, or would */
  rows: number;
  /** it is chosen */
  on: boolean;
}

/** How long a job takes. */
export interface TimeEstimate {
  /** the whole job */
  seconds: number;
  /** the least to expect */
  low: number;
  /** the most to expect */
  high: number;
  /** while training */
  tokens_per_s: number;
  /** what it is based on */
  source: "model" | "probe" | "past";
  /** when that was measured, in seconds since 1970 */
  measured_at: number | null;
  /** in their order */
  parts: TimePart[];
}

/** One part of a job's time; texts are `plan.time.<key>`. */
export interface TimePart {
  /** of the part */
  key: string;
  /** that it takes */
  seconds: number;
}

/** Lengths in a model's tokens. */
export interface TokenReport {
  /** share that is done; nothing else is there then */
  working?: number;
  /** rows */
  looked?: number;
  /** in all */
  rows?: number;
  /** of rows */
  whole?: SpreadView;
  /** of what is learnt */
  answer?: SpreadView;
  /** of questions */
  question?: SpreadView | null;
  /** limits with the rows that are longer */
  over?: [number, number][];
  /** the model's limit */
  context?: number | null;
  /** rows that are longer */
  over_context?: number;
  /** of the training rows */
  epoch?: EpochTokens;
  /** rows that the template cannot take */
  refused?: number;
  /** of the first of them */
  reason?: CodedMessage | null;
  /** rows with an answer that is not learnt */
  skipped?: number;
  /** rows with an answer whose reasoning is not learnt */
  thoughts?: number;
  /** rows with an answer that gets an end token which the template does not write */
  ends?: number;
  /** rows without anything to learn */
  unlearnable?: number;
  /** rows with an answer whose white space at the beginning is lost */
  cropped?: number;
  /** rows with control tokens in their texts */
  controls?: number;
  /** None where nothing was measured */
  speed?: EpochSpeed | null;
}

/** One token as text. */
export interface TokenView {
  /** of it */
  text: string;
  /** whether the model learns to say it */
  trained: boolean;
  /** how much it counts in the loss; 1 where it does not say */
  weight?: number;
}

/** Words that belong together. */
export interface TopicView {
  /** of the topic */
  key: string;
  /** its heading */
  title: string;
  /** in their order */
  terms: TermView[];
}

/** One answer of a trial with its scores. */
export interface TriedAnswer {
  /** where it is from */
  origin: "expected" | "sampled" | "typed";
  /** the beginning of it */
  question: string;
  /** the beginning of it */
  answer: string;
  /** there is more of the answer */
  cut: boolean;
  /** weighted sum; None where a part has no score */
  total: number | null;
  /** by part */
  scores: Record<string, number | null>;
}

/** One reward of a trial. */
export interface TriedPart {
  /** of its scores */
  name: string;
  /** of the reward */
  key: string;
  /** of it */
  weight: number;
  /** score that there can be */
  lowest: number | null;
  /** score that there can be */
  highest: number | null;
  /** it takes a model and scores while the job runs alone */
  later: boolean;
  /** answers that it had no score for */
  unscored: number;
}

/** Whether a repaired row works. */
export interface TriedRepair {
  /** as it would be stored */
  row: DataRow | null;
  /** why not */
  fault: CodedMessage | null;
}

/** A tuned model that can answer. */
export interface TunedOption {
  /** of its row */
  id: number;
  /** of it */
  name: string;
  /** key */
  method: string;
  /** of its files */
  format: string;
  /** seconds since 1970 */
  created_at: number;
}

/** The versions of one turn among the conversations that share all earlier ones. */
export interface TurnVersions {
  /** that there are several of */
  turn: number;
  /** of the shown one, from 0 */
  place: number;
  /** one that has each version, in the order in which they were made */
  conversations: number[];
}

/** A word of an answer as both sides see it. */
export interface TwoWords {
  /** of it */
  text: string;
  /** its probability for the side that said it */
  own: number;
  /** for the side that reads it */
  other: number;
  /** of their logarithms, in nats: above 0, the one that said it thinks it likelier */
  difference: number;
}

/** An answer that somebody wrote to see its score. */
export interface TypedAnswer {
  /** that it answers; "" */
  question: string;
  /** of it */
  answer: string;
  /** the right one */
  expected?: string;
}

/** How far the job is that looks at uploaded files. */
export interface UploadReading {
  /** that reads */
  job: number;
  /** of the first file */
  name: string;
  /** why they cannot be read */
  error: CodedMessage | null;
  /** that they became */
  dataset: number | null;
  /** nothing more comes */
  ended: boolean;
}

/** A line that says how something is put to use. */
export interface UseStep {
  /** what to do */
  says: Record<string, string>;
  /** what to type; `{url}` is the address of Tunesmith; "" for nothing */
  code: string;
}

/** The job whose settings are used again. */
export interface UsedAgain {
  /** id */
  job: number;
  /** of it */
  name: string;
}

/** A named variant of a method. */
export interface VariantCard {
  /** its name */
  label: string;
  /** in one line */
  tagline: string;
  /** where it is from */
  paper: string;
}

/** A named variant of a method. */
export interface VariantForm {
  /** of the declaration */
  key: string;
  /** its name for people */
  label: string;
  /** in one line */
  tagline: string;
  /** of the method's settings */
  values: Record<string, any>;
  /** of the settings of training */
  training: Record<string, any>;
}

/** Whether a plan can be started, as text `plan.<code>`. */
export interface VerdictView {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** it can be started */
  ok: boolean;
  /** what would make it fit; empty where nothing is known */
  change: Record<string, any>;
}

/** What differs between two versions. */
export interface VersionDifference {
  /** of rows */
  counts: DifferenceCounts;
  /** rows of the sort that was asked for */
  total: number;
  /** some of them */
  rows: RowDifference[];
}

/** A job that makes a version. */
export interface VersionJob {
  /** of it */
  status: "queued" | "starting" | "running" | "stopping" | "succeeded" | "stopped" | "cancelled" | "failed" | "interrupted";
  /** rows so far */
  step: number;
  /** rows in all */
  total_steps: number | null;
  /** why it failed */
  error: CodedMessage | null;
  /** what it made */
  result: Record<string, any>;
}

/** All versions of a data set. */
export interface Versions {
  /** the newest first */
  versions: SaidVersion[];
  /** that is about to make one */
  job: number | null;
}

/** A vote in the playground. */
export interface VoteView {
  /** of the conversation */
  turn: number;
  /** side; "" for a tie */
  better: string;
}

/** A model that answers were voted on of. */
export interface VotedModel {
  /** for people: the newest that it was called by */
  name: string;
  /** as pages colour it */
  kind: "base" | "tuned" | "fewshot";
}

/** What blind votes say of a tuned model against its base. */
export interface VotesAgainstBase {
  /** votes */
  wins: number;
  /** votes */
  ties: number;
  /** in all */
  votes: number;
  /** end of the win rate's interval of 95 %, which holds however often one looks */
  low: number;
  /** the other end */
  high: number;
}

/** Rows that the votes of a comparison would make. */
export interface VotesMade {
  /** by form: "pairs", "ranking", "thumbs" */
  rows: Record<string, number>;
  /** that suits them best */
  form: string;
  /** what learns from it, by form */
  objectives: Record<string, string>;
  /** of a data set of them */
  name: string;
}

/** Settings that wait until an objective is chosen again. */
export interface WaitingSettings {
  /** for every method */
  training: Record<string, any>;
  /** by method */
  training_by: Record<string, Record<string, any>>;
}

/** A prompt with variables and the rows that fill it, as a form asks for them. */
export interface WantedBatch {
  /** base model */
  base_id: number;
  /** names of all that answer, in order */
  sides: string[];
  /** to answer with */
  settings: ChatSettings;
  /** the prompt with its {{variables}} */
  template: string;
  /** values by name */
  rows: Record<string, string>[];
  /** what lists call it */
  name: string;
  /** of the form: the same key is the same list */
  key: string;
}

/** What is drawn. */
export interface WantedDraw {
  /** that answers */
  base_id: number;
  /** that answers instead of it */
  tuned_id: number | null;
  /** that scores */
  scorer_id: number;
  /** to be answered */
  question: string;
  /** of answers */
  count: number;
  settings: ChatSettings;
}

/** A form that is to be made. */
export interface WantedForm {
  /** key of the form */
  format: string;
  /** values of its settings; what is missing has its default */
  params: Record<string, any>;
}

/** A list of questions as a form asks for it. */
export interface WantedList {
  /** base model */
  base_id: number;
  /** names of all that answer, in order */
  sides: string[];
  /** to answer with */
  settings: ChatSettings;
  /** in their order */
  questions: string[];
  /** what lists call it */
  name: string;
  /** of the form: the same key is the same list */
  key: string;
}

/** What is to be known before a plan is started, as text `plan.<code>`. */
export interface WarningView {
  /** of the sentence */
  code: string;
  /** values of its placeholders */
  params: Record<string, any>;
  /** the sentence in the page's language: put in where it leaves the server */
  message?: string;
  /** values by field that take the reason away, where some are known */
  change?: Record<string, any>;
}

/** One tap that mends what was found. */
export interface WayOutView {
  /** what it is */
  do: "model" | "models" | "operation" | "objective";
  /** id of the model, key of the operation or the objective */
  key: string;
  /** name of the model, the operation or the objective */
  label: Record<string, string> | string;
  /** settings of the operation that are chosen already */
  values: Record<string, any>;
}

/** A download that a job waits for. */
export interface WeightsComing {
  /** that fetches */
  job: number;
  /** that are here */
  done_mb: number;
  /** of all; 0 where that is not known yet */
  total_mb: number;
}

/** What the wizard keeps between visits. */
export interface WizardDraft {
  /** of this form */
  version: number;
  /** its own: starting the same draft twice makes one job */
  key: string;
  /** where it stands */
  step: "model" | "data" | "budget" | "method" | "review";
  /** id */
  base_model: number | null;
  /** id */
  dataset: number | null;
  /** id of the tuned model that it goes on with */
  starts_from: number | null;
  /** key */
  objective: string;
  /** key */
  method: string;
  /** the method's settings, by method */
  method_params_by: Record<string, Record<string, any>>;
  /** settings for every method */
  training: Record<string, any>;
  /** settings of training that are kept apart, by method */
  training_by: Record<string, Record<string, any>>;
  /** settings of other objectives */
  by_objective: Record<string, WaitingSettings>;
  /** hardware that the job may use */
  budget: RawBudget;
  /** settings were made by hand */
  own: boolean;
  /** key of the plan that was picked by hand */
  plan: string | null;
  /** where the settings come from */
  again: UsedAgain | null;
  /** of the job */
  name: string;
  /** one a line */
  sample_prompts: string;
}

/** What can be chosen now. */
export interface WizardLists {
  /** all */
  models: BaseModelView[];
  /** those that were imported */
  datasets: DatasetBrief[];
  /** that are here */
  devices: DeviceChoice[];
  /** to plan for */
  catalogue: CatalogueDevice[];
}

/** What the wizard is placed with. */
export interface WizardValue {
  /** of methods and objectives */
  forms: SmallForms;
}

/** Who may write. */
export interface WriterView {
  /** as it is chosen */
  key: string;
  /** its name */
  label: string;
  /** that the passages are sent to; "": they stay on this machine */
  host: string;
  /** that host is this machine */
  near: boolean;
  /** it is the small model that ships with the product */
  starter: boolean;
  /** of its weights, where they are not here yet; None where they are */
  missing_bytes: number | null;
}

/** What the view home may call. */
export interface HomeFunctions {
  machine(): MachineView;
  open_lesson(): LessonView;
  start_lesson(key: string): number;
}

/** What the view home may ask again and again. */
export interface HomeNews {
  overview(): HomeOverview;
}

/** What the view data may call. */
export interface DataFunctions {
  all_datasets(): DatasetBrief[];
  data_fits(): Record<string, FitView>;
  use_sample(key: string): number;
  rename_dataset(dataset: number, name: string): DatasetView;
  delete_dataset(dataset: number): null;
  one_dataset(dataset: number): DatasetView;
  data_fit(dataset: number, model: number | null): FitView;
  preview(dataset: number, choice: ImportWish): MappingPreview;
  import_rows(dataset: number, choice: ImportWish): DatasetView | JobStarted;
  import_state(dataset: number): ImportStateView | null;
  cancel_import(dataset: number): null;
  resume_import(dataset: number): null;
  models(): BaseModelView[];
  paste_data(text: string, name: string): number;
  sheet_draft(): OpenedSheet;
  keep_sheet(sheet: SheetDraft | null): null;
  type_data(columns: string[], rows: string[][], name: string): number;
  fetch_data(name: string, split: string, folder: string): JobStarted;
  fetch_state(job: number): HubFetch;
  fetches(): HubFetch[];
  stop_fetch(job: number): null;
  reading_state(job: number): UploadReading;
  readings(): UploadReading[];
  choose_reading(dataset: number, options: ReadingWish): null;
  choose_encoding(dataset: number, encoding: string): null;
  make_form(): MakingForm;
  make_view(documents_key: string, characters: number): MakingView;
  make_reading(job: number): CodedMessage | boolean;
  make_forecast(documents_key: string, values: Record<string, any>): ForecastView;
  make_state(job: number): MadeRowsView;
  make_jobs(): MadeRowsView[];
  make_waiting(): number;
  make_start(documents_key: string, values: Record<string, any>): number;
  make_stop(job: number): null;
  make_resume(job: number): null;
  rank_form(): DrawForm;
  rank_drawings(): DrawnView[];
  rank_drawing(job: number | null): DrawnView;
  rank_next(job: number | null, rater: string): RankQueue;
  rank_again(prompt: number, rater: string): RankTask;
  rank_outcome(job: number | null): RankedView;
  rank_draw(values: Record<string, any>, key: string): number;
  rank_keep(prompt: number, rater: string, ranks: number[], best: string | null): RankQueue;
  rank_gather(job: number | null, wish: GatherWish): GatheredRows;
  rank_stop(job: number): null;
  rank_resume(job: number): null;
  report(dataset: number): DataReport;
  report_tokens(dataset: number, model: number): TokenReport;
  report_template(dataset: number, model: number): TemplateReport;
  browse_rows(dataset: number, query: RowQuery, cursor: number, limit: number): BrowsedRows;
  row_filters(dataset: number): RowFilters;
  column_values(dataset: number, column: string): string[];
  one_row(dataset: number, row: number): DataRow;
  tokens_of_rows(dataset: number, ids: number[], model: number): RowAsTokens[];
  measure_tokens(dataset: number, model: number): MeasuredTokens;
  check_row(row: DataRow): CodedMessage | null;
  apply_edits(dataset: number, edits: EditedRow[], drops: number[], base: number): MadeVersion;
  rejected_list(dataset: number, offset: number): RejectedRows;
  rejected_fields(dataset: number, rejected: number): RejectedFields;
  try_repair(dataset: number, repair: RowRepair): TriedRepair;
  repair_rows(dataset: number, repairs: RowRepair[], base: number): MadeVersion;
  audit_checks(): CheckForm[];
  audit_state(dataset: number): AuditView;
  audit_start(dataset: number, settings: AuditWish | null): number;
  audit_stop(dataset: number): null;
  audit_found(dataset: number, check: string, offset: number): FoundRows;
  audit_marks(): Record<string, SeverityCounts>;
  shape_now(dataset: number, column?: string | null): DataShape;
  rewrite_form(): ParamForm[];
  rewrite_state(dataset: number): RewriteState;
  rewrite_start(dataset: number, values: Record<string, any>): number;
  rewrite_cancel(job: number): null;
  operations(dataset: number): OperationForm[];
  preview_operation(dataset: number, key: string, values: Record<string, any>): OperationPreview;
  apply_operation(dataset: number, key: string, values: Record<string, any>, base?: number | null): MadeVersion;
  version_job(job: number): VersionJob;
  cancel_version(job: number): null;
  all_versions(dataset: number): Versions;
  use_version(dataset: number, number: number): null;
  compare_versions(dataset: number, a: number, b: number, what: "changed" | "dropped" | "added" | "moved", offset: number): VersionDifference;
  export_form(dataset: number): ExportFormOfData;
  export_start(dataset: number, values: Record<string, any>, version: number): ExportAnswer;
  export_state(job: number): ExportState;
  export_cancel(job: number): null;
  review_count(): number;
  review_queue(status: string, offset: number, dataset: number | null): ReviewQueue;
  review_decide(row: number, decision: "approve" | "reject" | "wait" | "edit", content: RowContent | null, by_hand: boolean): ReviewRowView;
  review_approve_all(dataset: number | null): number;
  review_forget(dataset: number | null): number;
  review_add(target: number | string, dataset: number | null): AddedRows;
}

/** What the view data may ask again and again. */
export interface DataNews {
}

/** What the view train may call. */
export interface TrainFunctions {
  load_wizard(query: Record<string, string>): LoadedWizard;
  lists(): WizardLists;
  add_folder(path: string): number;
  get_starter(): number;
  resize_model(model: number): number;
  use_sample(key: string): number;
  wizard_fits(model: number | null, objective: string): Record<string, FitView>;
  peek(dataset: number): DataRow[];
  save(draft: WizardDraft): null;
  start_over(): WizardDraft;
  plan_now(raw: RawJob): PlanView;
  offers_now(raw: RawJob): PlanOffers;
  method_costs(raw: RawJob, settings: Record<string, MethodSettings>): Record<string, MethodCost>;
  mends(raw: RawJob): Record<string, Record<string, any>>;
  show_tokens(raw: RawJob): ExampleTokens[];
  begin(raw: RawJob, key: string): number;
  start_check(raw: RawJob): number;
  check_of(raw: RawJob): DryRunView | null;
  start_probe(raw: RawJob): number;
  probe_of(raw: RawJob): ProbeView | null;
  cancel_check(job: number): null;
  write_yaml(raw: RawJob): string;
  read_yaml(text: string): ReadDraft;
  rewards_form(): RewardForms;
  try_rewards(wish: RewardTrial): RewardTrialView;
  sample_for_rewards(dataset: number, model: number): number;
  suggest_rewards(dataset: number): SuggestedRewards;
  model_shelf(device: string, memory_mb: number | null): ShelfView;
  search_models(text: string): FoundModels;
  cached_models(): CachedModel[];
  know_model(name: string): number;
  use_cached(ref: string): number;
  fetch_model(model: number): number | null;
}

/** What the view train may ask again and again. */
export interface TrainNews {
}

/** What the view jobs may call. */
export interface JobsFunctions {
  jobs_more(wanted: JobWish, at: number, job_id: number): ListedJob[];
  job_settings(job_id: number): SettingRow[];
  job_label(job_id: number, tags: string[], note: string): null;
  job_act(job_id: number, action: "stop" | "cancel" | "resume" | "delete"): null;
  job_move(job_id: number, direction: "up" | "down"): null;
  job_start_changed(job_id: number): number;
  recipe_forms(): RecipeForms;
  recipe_plan(raw: RawRecipe): RecipeCosts;
  recipe_begin(raw: RawRecipe, key: string): number;
  recipe_go_on(run: number, stage: string): null;
  recipe_stop(run: number): null;
}

/** What the view jobs may ask again and again. */
export interface JobsNews {
  jobs_now(wanted: JobWish): ListedJob[];
  jobs_ended(wanted: JobWish): EndedJobs;
  jobs_facets(): JobFacets;
  job_feed(job_id: number, cursors: FeedCursors): NamedJobFeed;
  recipe_run(run: number): RecipeRun;
}

/** What the view playground may call. */
export interface PlaygroundFunctions {
  arena_csv(conversation_id: number | null): string;
  chat_start(): ChatStart;
  chat_view(conversation_id: number): ConversationView;
  chat_list(): ConversationBrief[];
  chat_suggestions(tuned_id: number | null): string[];
  chat_outside(): OutsideServerView[];
  chat_open(base_id: number, sides: string[], settings: ChatSettings): number;
  chat_update(conversation_id: number, changes: ChatChanges): null;
  chat_ask(conversation_id: number, prompt: string, values?: Record<string, string> | null): null;
  chat_stop(conversation_id: number, side?: string): null;
  chat_delete(conversation_id: number): null;
  list_start(wanted: WantedList): number;
  list_act(job_id: number, action: "stop" | "resume"): null;
  batch_start(wanted: WantedBatch): number;
  list_open(job_id: number, place: number): number;
  save_row_targets(): NameOfId[];
  save_row(conversation_id: number, turn: number, side: string, row: SavedRow): number;
  chat_vote(conversation_id: number, turn: number, better: string | null, rater: string): VoteView;
  chat_votes(conversation_id: number, rater: string): VoteView[];
  scorers(): ScorerView[];
  score_conversation(conversation_id: number, scorer_id: number): AnswerScore[];
  score_text(scorer_id: number, question: string, answer: string): ScoreOf;
  best_of_start(wanted: WantedDraw): string;
  best_of_view(key: string): BestOfView;
  chat_edit(conversation_id: number, turn: number, asked: PromptAsked): number;
  chat_correct(conversation_id: number, turn: number, side: string, text: string): number;
  chat_branch(conversation_id: number, turn: number): number;
  chat_again(conversation_id: number, turn: number, side: string): number;
  chat_versions(conversation_id: number): TurnVersions[];
  prompt_list(): SystemPromptView[];
  prompt_keep(prompt_id: number | null, name: string, text: string): number;
  prompt_forget(prompt_id: number): null;
  arena_questions(sides: string[]): number;
  arena_open(wanted: ArenaWish): number;
  arena_ask(conversation_id: number, rater: string, prompt: string | null): number;
  arena_again(conversation_id: number, rater: string): number;
  arena_reveal(conversation_id: number, reveal: boolean): null;
  arena_vote(conversation_id: number, turn: number, rater: string, said: BlindVote): null;
  arena_undo(conversation_id: number, turn: number, rater: string): null;
  arena_names(conversation_id: number, turn: number, rater: string): null;
  arena_rows(conversation_id: number): VotesMade;
  arena_gather(conversation_id: number, wish: GatherWish): GatheredRows;
  chat_exact(conversation_id: number, turn: number, side: string): ExactAnswer;
  chat_words(conversation_id: number, turn: number): SureAnswer[];
  chat_exact_again(conversation_id: number, turn: number, side: string): AskedAgain;
  chat_differences(conversation_id: number, turn: number, side: string, other: string): SideDifferences;
}

/** What the view playground may ask again and again. */
export interface PlaygroundNews {
  arena_feed(conversation_id: number, rater: string, turn: number): ArenaView;
  chat_feed(conversation_id: number | null, place: number): ChatFeed;
  list_view(job_id: number, after: number, most?: number, wish?: RowWish | null): QuestionListView;
  arena_results(conversation_id: number | null): EvidenceView;
}

/** What the view models may call. */
export interface ModelsFunctions {
  models_more(before: number): ListedTuned[];
  model_view(model_id: number): NamedTuned;
  model_rename(model_id: number, name: string): null;
  model_delete(model_id: number): null;
  model_use_weights(model_id: number, which: "best" | "last"): null;
  model_export(model_id: number, forms: WantedForm[], package: "zip" | "folder"): number;
  export_needs(model_id: number, form: string, params: Record<string, any>): ExportNeeds;
  model_export_cancel(job_id: number): null;
  export_proof(job_id: number, number: number): ProofNumbers;
  model_destinations(model_id: number): DestinationView[];
  score_sets(): NameOfId[];
  score_spread(dataset_id: number, scorer_id: number): ScoreSpread;
  model_votes(model_id: number): VotesAgainstBase | null;
  merge_form(): MergeForm;
  merge_begin(wish: MergeWish): number;
  push_offer(job_id: number, file: number): PushOffer;
  push_token(token: string): null;
  push_begin(wish: PushAsked): number;
  model_serving(model_id: number): ServingProgramView[];
}

/** What the view models may ask again and again. */
export interface ModelsNews {
  models_list(): ModelsList;
  model_exports(model_id: number): ExportView[];
}

/** What the view compare may call. */
export interface CompareFunctions {
  compare_start(query: Record<string, string>): CompareStart;
  compare_save(draft: CompareDraft): null;
  compare_plan(raw: RawComparison): ComparisonCosts;
  compare_fit(model: number | null, dataset: number): FitView;
  compare_begin(raw: RawComparison, key: string): number;
  compare_answers(comparison: number): ComparedAnswers[];
  compare_export(comparison: number, form: "csv" | "markdown"): string;
  compare_stop(comparison: number): null;
  compare_seed(comparison: number): null;
  compare_join(comparison: number, method: string, variant: string | null, objective?: string | null): null;
  compare_again(comparison: number, job: number): null;
  compare_delete(comparison: number): null;
  judges(): ScorerView[];
  judge_entrant(comparison_id: number, entrant: string, scorer_id: number): JudgeView;
}

/** What the view compare may ask again and again. */
export interface CompareNews {
  compare_list(): ComparisonBrief[];
  compare_view(comparison: number): ComparisonView;
  compare_curves(comparison: number): Record<string, Record<string, number[][]>>;
}

/** What the view learn may call. */
export interface LearnFunctions {
  learn_start(model: string): LearnStart;
  learn_advise(model: string, memory_gb: number, examples: number, goal: string): AdviceView[];
}

/** What the view learn may ask again and again. */
export interface LearnNews {
}

/** What the view settings may call. */
export interface SettingsFunctions {
  machine(): MachineFindings;
  reserves(): ReserveView[];
  set_reserve(device: string, mb: number | null): ReserveView;
  disk_use(): DiskUse;
  limits(): LimitRow[];
  get_starter(): number;
  add_hub(name: string): number;
  add_folder(path: string): number;
  resize_model(model: number): number;
  remove_model(model: number): null;
  hub_now(): HubChoice;
  choose_hub(kind: string, url: string): HubChoice;
  model_shelf(device: string, memory_mb: number | null): ShelfView;
  search_models(text: string): FoundModels;
  cached_models(): CachedModel[];
  know_model(name: string): number;
  use_cached(ref: string): number;
  fetch_model(model: number): number | null;
  keys_start(): ApiKeysView;
  key_make(name: string, per_minute: number): MadeKey;
  key_rename(key: number, name: string): null;
  key_revoke(key: number): null;
  key_delete(key: number): null;
}

/** What the view settings may ask again and again. */
export interface SettingsNews {
  models(): BaseModelView[];
}

/** What each view may call. */
export interface ViewFunctions {
  home: HomeFunctions;
  data: DataFunctions;
  train: TrainFunctions;
  jobs: JobsFunctions;
  playground: PlaygroundFunctions;
  models: ModelsFunctions;
  compare: CompareFunctions;
  learn: LearnFunctions;
  settings: SettingsFunctions;
}

/** What each view may ask again and again. */
export interface ViewNews {
  home: HomeNews;
  data: DataNews;
  train: TrainNews;
  jobs: JobsNews;
  playground: PlaygroundNews;
  models: ModelsNews;
  compare: CompareNews;
  learn: LearnNews;
  settings: SettingsNews;
}

/** What each view is placed with. */
export interface ViewValues {
  home: null;
  data: DataValue;
  train: WizardValue;
  jobs: null;
  playground: null;
  models: null;
  compare: CompareForms;
  learn: LearnValue;
  settings: null;
}
