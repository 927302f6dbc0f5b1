// What the server hands to the views and what they may call, made from the annotations in Python.
// Written by `python -m webui.border.typings`; a test fails when it is out of date.

/** What the view home may call. */
export interface HomeFunctions {
  overview(): Record<string, any>;
  machine(): Record<string, any>;
  open_lesson(): Record<string, any>;
  start_lesson(key: string): number;
}

/** What the view dataPage may call. */
export interface DataPageFunctions {
  all_datasets(): Record<string, any>[];
  use_sample(key: string): number;
  rename_dataset(dataset: number, name: string): Record<string, any>;
  delete_dataset(dataset: number): null;
  one_dataset(dataset: number): Record<string, any>;
  preview(dataset: number, choice: Record<string, any>): Record<string, any>;
  import_rows(dataset: number, choice: Record<string, any>): Record<string, any>;
  import_state(dataset: number): Record<string, any> | null;
  cancel_import(dataset: number): null;
  resume_import(dataset: number): null;
  models(): Record<string, any>[];
  paste_data(text: string, name: string): number;
  sheet_draft(): Record<string, any> | null;
  keep_sheet(sheet: Record<string, any> | null): null;
  type_data(columns: string[], rows: string[][], name: string): number;
  fetch_data(name: string, split: string, folder: string): Record<string, number>;
  fetch_state(job: number): Record<string, any>;
  fetches(): Record<string, any>[];
  stop_fetch(job: number): null;
  choose_sheet(dataset: number, sheet: string): null;
  report(dataset: number): Record<string, any>;
  report_tokens(dataset: number, model: number): Record<string, any>;
  report_template(dataset: number, model: number): Record<string, any>;
  browse_rows(dataset: number, query: Record<string, any>, cursor: number, limit: number): Record<string, any>;
  row_filters(dataset: number): Record<string, any>;
  column_values(dataset: number, column: string): string[];
  one_row(dataset: number, row: number): Record<string, any>;
  tokens_of_rows(dataset: number, ids: number[], model: number): Record<string, any>[];
  measure_tokens(dataset: number, model: number): Record<string, number>;
  check_row(row: Record<string, any>): Record<string, any> | null;
  apply_edits(dataset: number, edits: Record<string, any>[], drops: number[], base: number): Record<string, number>;
  rejected_list(dataset: number, offset: number): Record<string, any>;
  rejected_fields(dataset: number, rejected: number): Record<string, any>;
  try_repair(dataset: number, repair: Record<string, any>): Record<string, any>;
  repair_rows(dataset: number, repairs: Record<string, any>[], base: number): Record<string, any>;
  audit_checks(): Record<string, any>[];
  audit_state(dataset: number): Record<string, any>;
  audit_start(dataset: number, settings: Record<string, any> | null): number;
  audit_stop(dataset: number): null;
  audit_found(dataset: number, check: string, offset: number): Record<string, any>;
  audit_marks(): Record<string, Record<string, number>>;
  shape_now(dataset: number, column?: string | null): Record<string, any>;
  rewrite_form(): Record<string, any>[];
  rewrite_state(dataset: number): Record<string, any>;
  rewrite_start(dataset: number, values: Record<string, any>): number;
  rewrite_cancel(job: number): null;
  operations(dataset: number): Record<string, any>[];
  preview_operation(dataset: number, key: string, values: Record<string, any>): Record<string, any>;
  apply_operation(dataset: number, key: string, values: Record<string, any>, base?: number | null): Record<string, number>;
  version_job(job: number): Record<string, any>;
  cancel_version(job: number): null;
  all_versions(dataset: number): Record<string, any>;
  use_version(dataset: number, number: number): null;
  compare_versions(dataset: number, a: number, b: number, what: string, offset: number): Record<string, any>;
  export_form(dataset: number): Record<string, any>;
  export_start(dataset: number, values: Record<string, any>, version: number): Record<string, any>;
  export_state(job: number): Record<string, any>;
  export_cancel(job: number): null;
  review_count(): number;
  review_queue(status: string, offset: number, dataset: number | null): Record<string, any>;
  review_decide(row: number, decision: string, content: Record<string, any> | null, by_hand: boolean): Record<string, any>;
  review_approve_all(dataset: number | null): number;
  review_forget(dataset: number | null): number;
  review_add(target: number | string, dataset: number | null): Record<string, any>;
}

/** What the view trainWizard may call. */
export interface TrainWizardFunctions {
  load_wizard(query: Record<string, any>): Record<string, any>;
  lists(): Record<string, any>;
  add_hub(name: string): number;
  get_starter(): number;
  use_sample(key: string): number;
  peek(dataset: number): Record<string, any>[];
  save(draft: Record<string, any>): null;
  start_over(): Record<string, any>;
  plan_now(raw: Record<string, any>): Record<string, any>;
  offers_now(raw: Record<string, any>): Record<string, any>;
  method_costs(raw: Record<string, any>, settings: Record<string, any>): Record<string, any>;
  mends(raw: Record<string, any>): Record<string, any>;
  show_tokens(raw: Record<string, any>): Record<string, any>[];
  begin(raw: Record<string, any>, key: string): number;
  start_check(raw: Record<string, any>): number;
  check_of(raw: Record<string, any>): Record<string, any> | null;
  start_probe(raw: Record<string, any>): number;
  probe_of(raw: Record<string, any>): Record<string, any> | null;
  cancel_check(job: number): null;
  write_yaml(raw: Record<string, any>): string;
  read_yaml(text: string): Record<string, any>;
}

/** What the view jobs may call. */
export interface JobsFunctions {
  jobs_list(known: string): Record<string, any>;
  job_feed(job_id: number, cursors: Record<string, any>): Record<string, any>;
  job_settings(job_id: number): Record<string, any>[];
  job_act(job_id: number, action: string): null;
  job_move(job_id: number, direction: string): null;
  job_start_changed(job_id: number): number;
}

/** What the view playground may call. */
export interface PlaygroundFunctions {
  chat_start(): Record<string, any>;
  chat_view(conversation_id: number): Record<string, any>;
  chat_feed(conversation_id: number | null, place: number): Record<string, any>;
  chat_list(): Record<string, any>[];
  chat_suggestions(tuned_id: number | null): string[];
  chat_open(base_id: number, tuned_ids: number[], settings: Record<string, any>): number;
  chat_update(conversation_id: number, changes: Record<string, any>): null;
  chat_ask(conversation_id: number, prompt: string): null;
  chat_regenerate(conversation_id: number): null;
  chat_stop(conversation_id: number): null;
  chat_delete(conversation_id: number): null;
  save_row_targets(): Record<string, any>[];
  save_row(conversation_id: number, turn: number, side: string, row: Record<string, any>): number;
}

/** What the view models may call. */
export interface ModelsFunctions {
  models_list(): Record<string, any>[];
  model_view(model_id: number): Record<string, any>;
  model_rename(model_id: number, name: string): null;
  model_delete(model_id: number): null;
  model_export(model_id: number, form: string, params: Record<string, any>): number;
  export_job(job_id: number): Record<string, any>;
}

/** What the view compare may call. */
export interface CompareFunctions {
  compare_start(query: Record<string, any>): Record<string, any>;
  compare_save(draft: Record<string, any>): null;
  compare_plan(raw: Record<string, any>): Record<string, any>;
  compare_begin(raw: Record<string, any>, key: string): number;
  compare_list(): Record<string, any>[];
  compare_view(comparison: number, known: string): Record<string, any>;
  compare_curves(comparison: number): Record<string, any>;
  compare_answers(comparison: number): Record<string, any>[];
  compare_export(comparison: number, form: string): string;
  compare_stop(comparison: number): null;
  compare_seed(comparison: number): null;
  compare_join(comparison: number, method: string, variant: string | null): null;
  compare_again(comparison: number, job: number): null;
  compare_rename(comparison: number, name: string): null;
  compare_delete(comparison: number): null;
}

/** What the view learn may call. */
export interface LearnFunctions {
  learn_start(model: string): Record<string, any>;
  learn_advise(model: string, memory_gb: number, examples: number, goal: string): Record<string, any>[];
}

/** What the view settings may call. */
export interface SettingsFunctions {
  machine(): Record<string, any>;
  models(): Record<string, any>[];
  get_starter(): number;
  add_hub(name: string): number;
  add_folder(path: string): number;
  remove_model(model: number): null;
  disk_use(): Record<string, any>;
  limits(): Record<string, any>[];
}

/** What each view may call. */
export interface ViewFunctions {
  home: HomeFunctions;
  dataPage: DataPageFunctions;
  trainWizard: TrainWizardFunctions;
  jobs: JobsFunctions;
  playground: PlaygroundFunctions;
  models: ModelsFunctions;
  compare: CompareFunctions;
  learn: LearnFunctions;
  settings: SettingsFunctions;
}

/** What each view is placed with. */
export interface ViewValues {
  home: null;
  dataPage: Record<string, any>;
  trainWizard: Record<string, any>;
  jobs: null;
  playground: null;
  models: null;
  compare: Record<string, any>;
  learn: Record<string, any>;
  settings: null;
}
