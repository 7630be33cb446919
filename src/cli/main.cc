// The command line of rlar: options in, one command out. CLI11 is included here only (it is slow to compile).
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"

namespace {

using namespace rlar::cli;

void AddInput(CLI::App* app, InputOptions& input) {
  app->add_option("IN", input.path, "rows: .jsonl, .csv, .parquet, or - for JSON Lines on standard input")->capture_default_str();
  app->add_option("--map", input.map, "field names, e.g. prompt=question,reference=answer");
  app->add_option("--max-row-bytes", input.max_row_bytes, "a longer row is invalid")->capture_default_str();
}

void AddEvalRewards(CLI::App* eval, const std::string& suite, const std::string& what, EvalRewardsOptions& options, int& code) {
  options.suite = suite;
  CLI::App* cmd = eval->add_subcommand(suite, what);
  AddInput(cmd, options.input);
  cmd->add_option("--library", options.library, "score with this library's routes")->envname("RLAR_LIBRARY");
  cmd->add_option("--library-version", options.library_version, "a version other than the current one");
  cmd->add_option("--tool", options.tool, "score with this tool: NAME or NAME:VERSION");
  cmd->add_option("--params", options.params, "parameters of --tool, a JSON object; a row's own params win");
  cmd->add_option("--scores", options.scores, "take the scores from this file: {\"id\", \"scores\"} a line, or what `rlar score` wrote");
  cmd->add_option("--compare", options.compare, "a file of scores to compare with, row by row; may be repeated")->allow_extra_args(false);
  cmd->add_option("--threads", options.threads, "0: one per core")->envname("RLAR_THREADS")->capture_default_str();
  cmd->add_flag("--json", options.json, "as JSON (docs/schemas/eval_result.json)");
  cmd->callback([&] { code = EvalRewards(options); });
}

// One clear line with the nearest valid name, exit code 2.
int ExplainUsage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* command = &app;
  for (auto chosen = command->get_subcommands(); !chosen.empty(); chosen = command->get_subcommands()) command = chosen.front();
  std::string message = error.what();
  if (const auto left = app.remaining(true); !left.empty()) {
    const std::string unknown = left.empty() ? "" : left.front();
    std::vector<std::string> names;
    for (const CLI::Option* option : command->get_options()) names.push_back(option->get_name());
    for (const CLI::App* sub : command->get_subcommands([](const CLI::App*) { return true; })) names.push_back(sub->get_name());
    const std::vector<std::string_view> views(names.begin(), names.end());
    const auto near = rlar::NearestName(unknown.substr(0, unknown.find('=')), views);
    const bool is_option = unknown.starts_with("-");
    message = std::string("unknown ") +
              (is_option         ? "option"
               : command == &app ? "command"
                                 : "argument") +
              " '" + unknown + "'" + (near.empty() ? "" : " (did you mean '" + std::string(near) + "'?)");
  }
  return UsageError(message + "; see `" + (command == &app ? "rlar" : "rlar " + command->get_name()) + " --help`");
}

void AddLlm(CLI::App* cmd, LlmChoice& llm) {
  cmd->add_option("--llm", llm.llm,
                  "none, local (a small model that is fetched and run here), the address of an OpenAI-compatible "
                  "server, or replay (answers of earlier builds only)")
      ->envname("RLAR_LLM")
      ->capture_default_str();
  cmd->add_option("--llm-model", llm.model, "the model's name; default: the server's only one")->envname("RLAR_LLM_MODEL");
  cmd->add_option("--llm-price", llm.price, "IN,OUT in US dollars per million tokens")->envname("RLAR_LLM_PRICE");
  cmd->add_option("--llm-concurrency", llm.concurrency, "calls at once; 0: 2 for the local model, else 8")->capture_default_str();
  cmd->add_option("--budget", llm.budget, "what the language model may cost: usd=1,tokens=2e6,minutes=30")->envname("RLAR_BUDGET");
}

void AddJudge(CLI::App* cmd, JudgeChoice& judge) {
  cmd->add_option("--judge", judge.url,
                  "address of an OpenAI-compatible server whose model grades tasks that nothing else serves, or nothing serves "
                  "well, by the rows' own rubrics or by ones that --llm writes");
  cmd->add_option("--judge-model", judge.model, "the judge's name on that server");
  cmd->add_option("--judge-price", judge.price, "IN,OUT, what it takes, in US dollars per million tokens")->envname("RLAR_JUDGE_PRICE");
}

void AddWebSearch(CLI::App* cmd, std::string& web) {
  cmd->add_option("--web-search", web,
                  "where pages that name reward models are looked for beside the Hub: searxng=URL, or brave (key in RLAR_WEB_SEARCH_KEY); "
                  "default: nowhere")
      ->envname("RLAR_WEB_SEARCH");
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("rlar: rewards for RL on LLMs from a library of proven tools");
  app.require_subcommand(1);
  app.set_version_flag("--version", RLAR_VERSION);
  app.set_config("--config", "rlar.toml", "settings file (TOML); flags win over the environment, that over the file");
  int code = 0;

  ScoreOptions score;
  CLI::App* cmd = app.add_subcommand("score", "score rows with a library's routes or with one tool");
  AddInput(cmd, score.input);
  cmd->add_option("-o,--output", score.output, "where the score lines go")->capture_default_str();
  cmd->add_option("--library", score.library, "tool library")->envname("RLAR_LIBRARY");
  cmd->add_option("--library-version", score.library_version, "a version other than the current one");
  cmd->add_option("--tool", score.tool, "score every row with this tool: NAME or NAME:VERSION");
  cmd->add_option("--params", score.params, "parameters of --tool, a JSON object; a row's own params win");
  cmd->add_option("--length-policy", score.length_policy, "responses cut off by length: keep, zero or mask")->capture_default_str();
  cmd->add_option("--max-response-bytes", score.max_response_bytes, "a longer response scores 0")->capture_default_str();
  cmd->add_option("--threads", score.threads, "0: one per core")->envname("RLAR_THREADS")->capture_default_str();
  cmd->callback([&] { code = Score(score); });

  ToolsOptions tools;
  ToolsAddOptions add;
  cmd = app.add_subcommand("tools", "list the tools and what they need");
  cmd->add_option("--library", tools.library, "tool library")->envname("RLAR_LIBRARY");
  cmd->add_flag("--json", tools.json, "every card as JSON");
  cmd->add_flag("--refused", tools.refused, "tools that the gate refused");
  CLI::App* sub = cmd->add_subcommand("add", "wrap your own reward function as a tool, through the gate");
  sub->add_option("TARGET", add.target, "FILE.py:FUNCTION or an http(s) address")->required();
  sub->add_option("--library", add.library, "tool library")->envname("RLAR_LIBRARY")->required();
  sub->add_option("--name", add.name, "the tool's name; default: the function's");
  sub->add_option("--form", add.form, "verl, trl or openrlhf for a file; remote_rm or get_reward for an address");
  sub->add_option("--range", add.range, "the function's range LOW,HIGH, mapped to [0, 1]; default 0,1");
  sub->add_option("--data", add.data, "rows to prove it on")->required();
  sub->add_option("--python", add.python, "interpreter for a file")->envname("RLAR_PYTHON");
  sub->add_option("--timeout-ms", add.timeout_ms, "limit for one call")->capture_default_str();
  sub->add_flag("--json", add.json, "the gate's findings as JSON");
  sub->callback([&] { code = ToolsAdd(add); });
  QuarantineOptions held, back;
  back.restore = true;
  sub = cmd->add_subcommand("quarantine", "take a tool out of use; its tasks are unserved until the next build or until it is restored");
  sub->add_option("TOOL", held.tool, "NAME or NAME:VERSION")->required();
  sub->add_option("--library", held.library, "tool library")->envname("RLAR_LIBRARY")->required();
  sub->add_option("--task", held.task, "only for this task; default: for every task");
  sub->add_option("--why", held.why, "the reason, in a sentence")->required();
  sub->callback([&] { code = ToolsQuarantine(held); });
  sub = cmd->add_subcommand("restore", "end a quarantine");
  sub->add_option("TOOL", back.tool, "as it was given to quarantine")->required();
  sub->add_option("--library", back.library, "tool library")->envname("RLAR_LIBRARY")->required();
  sub->add_option("--task", back.task, "as it was given to quarantine");
  sub->callback([&] { code = ToolsQuarantine(back); });
  cmd->callback([&, cmd] {
    if (cmd->get_subcommands().empty()) code = Tools(tools);
  });

  AdmitOptions admit;
  cmd = app.add_subcommand("admit", "run the gate on drafts of verifiers, without a language model");
  cmd->add_option("DRAFT", admit.drafts, "folders with check.py and draft.json, or files NAME.json with the card of a reward model or judge")->required();
  cmd->add_option("--data", admit.data, "rows to prove them on")->required();
  cmd->add_option("--library", admit.library, "library whose settings count and that takes the drafts in; default: none");
  cmd->add_flag("--json", admit.json, "one JSON object a draft and line (docs/schemas/admission.json)");
  cmd->add_option("--without-probe", admit.without, "kinds of probes that are not asked, to see what the others are worth")->delimiter(',');
  cmd->callback([&] { code = Admit(admit); });

  RouteOptions route;
  RouteSetOptions set;
  cmd = app.add_subcommand("route", "which route each row takes, and why");
  AddInput(cmd, route.input);
  cmd->add_option("--library", route.library, "tool library")->envname("RLAR_LIBRARY");
  cmd->add_option("--library-version", route.library_version, "a version other than the current one");
  sub = cmd->add_subcommand("set", "pin a task's route by hand");
  sub->add_option("TASK", set.task, "the task's name")->required();
  sub->add_option("TOOL", set.tools, "NAME or NAME:VERSION; several with --combine")->required();
  sub->add_option("--library", set.library, "tool library")->envname("RLAR_LIBRARY")->required();
  sub->add_option("--params", set.params, "parameters, a JSON object");
  sub->add_option("--second", set.second, "a tool that a server runs beside it on a sample: an alarm where it no longer agrees");
  sub->add_option("--data", set.data, "rows of the task: how often the second tool refuses their right answers, which is what later doubts are compared with");
  sub->add_option("--combine", set.combine, "single, weighted, gate, min or first")->capture_default_str();
  sub->add_option("--why", set.why, "the reason kept with the route");
  sub->callback([&] { code = RouteSet(set); });
  RouteLearnOptions learn;
  sub = cmd->add_subcommand("learn", "find better routes from labelled rows, and publish those that chance does not explain");
  sub->add_option("LABELLED", learn.labelled, "rows with responses and labels; default: labels.jsonl of the library");
  sub->add_option("--library", learn.library, "tool library")->envname("RLAR_LIBRARY")->required();
  sub->add_flag("--json", learn.json, "a line a task");
  sub->callback([&] { code = RouteLearn(learn); });
  cmd->callback([&, cmd] {
    if (cmd->get_subcommands().empty()) code = Route(route);
  });

  ModelsAddOptions model;
  std::string model_query, model_library, model_web, stopped_worker, worker_job;
  WorkerOptions worker;
  bool list_workers = false, workers_json = false;
  std::size_t model_limit = 20;
  cmd = app.add_subcommand("models", "reward models: add one by hand, search the Hub, list a library's; start, stop and list workers");
  cmd->require_subcommand(1);
  sub = cmd->add_subcommand("add", "prove a reward model on labelled rows and take it into a library");
  sub->add_option("NAME", model.name, "the tool's name")->required();
  sub->add_option("--library", model.library, "tool library")->envname("RLAR_LIBRARY")->required();
  sub->add_option("--data", model.data, "rows with chosen and rejected, or responses and labels, or references")->required();
  sub->add_option("--backend", model.backend, "transformers (run here), vllm, sglang, tei, llamacpp, or judge (an OpenAI-compatible chat server)")
      ->capture_default_str();
  sub->add_option("--url", model.url, "address of the server");
  sub->add_option("--dir", model.dir, "transformers: folder of the model");
  sub->add_option("--model", model.model, "its name on the server; transformers without --dir: its name on the Hub");
  sub->add_option("--chat-template", model.chat_template, "tokenizer; none: prompt and response as a pair; format: the text that --format makes")
      ->capture_default_str();
  sub->add_option("--format", model.format, "sglang, tei, --chat-template format: text with {prompt} and {response}");
  sub->add_option("--rubric", model.rubric, "judge: file with the criteria [{id, text, weight, veto}], for rows without their own");
  sub->add_option("--mode", model.mode, "judge: pointwise, listwise (a group in one call, asked twice) or pairwise (ranks)")->capture_default_str();
  sub->add_option("--group-size", model.group_size, "judge, listwise: responses shown in one call")->capture_default_str();
  sub->add_option("--grade", model.grade, "judge: plain, or expected: weighted by the grades' log probabilities, where the server gives them")
      ->capture_default_str();
  sub->add_option("--price", model.price, "judge: IN,OUT, what its server takes, in US dollars per million tokens");
  sub->add_option("--head", model.head, "index of the output")->capture_default_str();
  sub->add_option("--max-length", model.max_length, "tokens")->capture_default_str();
  sub->add_flag("--trust-remote-code", model.trust_remote_code, "let the model's own Python run");
  sub->add_flag("--plain", model.plain, "give it responses as plain words: no headings, list marks and bold type to be paid for");
  sub->add_flag("--allow-pickle", model.allow_pickle, "load weights that are pickles, which run code");
  sub->add_flag("--json", model.json, "the card as JSON");
  sub->callback([&] { code = ModelsAdd(model); });
  sub = cmd->add_subcommand("search", "models on the Hub whose name holds the words");
  sub->add_option("QUERY", model_query, "words")->required();
  sub->add_option("--limit", model_limit, "hits")->capture_default_str();
  AddWebSearch(sub, model_web);
  sub->callback([&] { code = ModelsSearch(model_query, model_limit, model_web); });
  sub = cmd->add_subcommand("list", "reward models of a library and what they serve; without a library the workers on this machine");
  sub->add_option("--library", model_library, "tool library")->envname("RLAR_LIBRARY");
  sub->add_flag("--workers", list_workers, "the workers, though a library is named in the environment");
  sub->add_flag("--json", workers_json, "workers as JSON, one a line (docs/schemas/worker_state.json)");
  sub->callback([&] { code = list_workers || model_library.empty() ? WorkersList(workers_json) : ModelsList(model_library); });
  sub = cmd->add_subcommand("start", "keep a model loaded on this machine, for every program that scores with it");
  sub->add_option("NAME", worker.name, "a reward model of the library; with --gguf any name")->required();
  sub->add_option("--library", worker.library, "tool library")->envname("RLAR_LIBRARY");
  sub->add_option("--gguf", worker.gguf, "a llama.cpp server of this file instead (scripts/to_gguf.py)");
  sub->add_option("--port", worker.port, "of the llama.cpp server; 0 picks a free one")->check(CLI::Range(0, 65535))->capture_default_str();
  sub->add_option("--memory-limit-mb", worker.memory_limit_mb, "more than that, and it is started anew; 0: no limit")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  sub->add_option("--timeout-s", worker.timeout_s, "how long to wait for it")->capture_default_str();
  sub->callback([&] { code = WorkersStart(worker); });
  sub = cmd->add_subcommand("stop", "end a worker");
  sub->add_option("NAME", stopped_worker, "as it was started")->required();
  sub->callback([&] { code = WorkersStop(stopped_worker); });
  sub = cmd->add_subcommand("supervise", "")->group("");  // what `start` starts
  sub->add_option("JOB", worker_job, "")->required();
  sub->callback([&] { code = WorkersSupervise(worker_job); });

  CalibrateOptions calibrate;
  cmd = app.add_subcommand("calibrate", "put graded tools on one scale, from their values on your responses");
  AddInput(cmd, calibrate.input);
  cmd->add_option("--library", calibrate.library, "tool library")->envname("RLAR_LIBRARY")->required();
  cmd->callback([&] { code = Calibrate(calibrate); });

  LabelOptions label;
  cmd = app.add_subcommand("label", "the few responses where a yes or no of yours would tell most, and what becomes of your answers");
  AddInput(cmd, label.input);
  cmd->add_option("--library", label.library, "tool library")->envname("RLAR_LIBRARY")->required();
  cmd->add_option("--count", label.count, "questions")->capture_default_str();
  cmd->add_option("--answers", label.answers, "take the answers in: the printed rows with their `labels` filled in");
  cmd->add_flag("--ask", label.ask, "ask here; default on a terminal, else the questions are printed as rows");
  cmd->callback([&] { code = Label(label); });

  BuildOptions build;
  cmd = app.add_subcommand("build", "make a tool library with routes from a data set");
  AddInput(cmd, build.input);
  cmd->add_option("--out", build.out, "the library to make or to update")->required();
  AddLlm(cmd, build.llm);
  cmd->add_option("--library", build.library, "an older library (may be the same directory): only what is new or sick is built");
  cmd->add_option("--hub", build.hub,
                  "search the Hub for reward models for tasks that no verifier serves: on, off, or auto (on where HF_ENDPOINT or "
                  "HF_TOKEN is set)")
      ->envname("RLAR_HUB")
      ->capture_default_str();
  cmd->add_option("--hub-trials", build.hub_trials, "models fetched and tried a task")->capture_default_str();
  cmd->add_option("--hub-max-gb", build.hub_max_gb, "largest model, in GB of weights; 0: a third of the free memory")->capture_default_str();
  AddJudge(cmd, build.judge);
  AddWebSearch(cmd, build.web_search);
  cmd->add_option("--labels", build.labels, "rows with responses and labels: what a tool must agree with");
  cmd->add_option("--rollouts", build.rollouts,
                  "responses of your policy (JSON Lines: prompt or id, responses), right and wrong ones: they "
                  "show what answers look like");
  cmd->add_option("--policy", build.policy.llm, "address of an OpenAI-compatible server of your policy: it is asked for responses where the rows bring none")
      ->envname("RLAR_POLICY");
  cmd->add_option("--policy-model", build.policy.model, "the policy's name on that server");
  cmd->add_option("--policy-responses", build.policy_responses, "responses to each row that tools are tried on")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  cmd->add_option("--policy-budget", build.policy.budget, "what the policy may cost: tokens=2e6,minutes=30");
  cmd->add_option("--threads", build.threads, "0: one per core")->envname("RLAR_THREADS")->capture_default_str();
  cmd->add_flag("--quiet", build.quiet, "no progress bar");
  cmd->callback([&] { code = Build(build); });

  ReportOptions report;
  cmd = app.add_subcommand("report", "what a library holds and why");
  cmd->add_option("DIR", report.directory, "tool library")->required();
  cmd->add_flag("--json", report.json, "as JSON");
  cmd->add_option("--html", report.html, "write a page to this file");
  cmd->add_option("--library-version", report.library_version, "a version other than the current one");
  cmd->callback([&] { code = Report(report); });

  EvolveOptions evolve;
  cmd = app.add_subcommand("evolve", "new library versions from what a server gathered (rlar serve --gather)");
  cmd->add_option("--library", evolve.library, "tool library")->envname("RLAR_LIBRARY")->required();
  AddLlm(cmd, evolve.llm);
  AddJudge(cmd, evolve.judge);
  AddWebSearch(cmd, evolve.web_search);
  cmd->add_option("--hub", evolve.hub, "search the Hub for reward models: on or off")->capture_default_str();
  cmd->add_option("--labels", evolve.labels, "rows with responses and labels");
  cmd->add_option("--min-rows", evolve.min_rows, "waiting rows below which nothing is built")->capture_default_str();
  cmd->add_option("--threads", evolve.threads, "0: one per core")->envname("RLAR_THREADS")->capture_default_str();
  cmd->add_option("--budget-per-hour", evolve.budget_per_hour,
                  "what all rounds together may cost within an hour, restarts included: usd=1,tokens=2e6,minutes=10 "
                  "(minutes of processor time); --budget is for each round")
      ->envname("RLAR_BUDGET_PER_HOUR");
  cmd->add_flag("--watch", evolve.watch, "go on until Ctrl-C");
  cmd->add_flag("--until-eof", evolve.until_eof, "with --watch: end when standard input ends")->group("");
  cmd->add_option("--every", evolve.every_s, "seconds between two looks, with --watch")->capture_default_str();
  cmd->callback([&] { code = Evolve(evolve); });
  ReplayOptions replay, diff;
  cmd = app.add_subcommand("replay", "score recorded responses again and compare with the rewards that were given; exit code 1 where any differs");
  cmd->add_option("RECORDS", replay.records, "file of rlar serve --records")->required();
  cmd->add_option("--library", replay.library, "tool library")->envname("RLAR_LIBRARY")->required();
  cmd->add_option("--library-version", replay.to, "a version other than the current one");
  cmd->add_flag("--own", replay.own_version, "only rewards that this version gave");
  cmd->add_flag("--json", replay.json, "a line a reward");
  cmd->callback([&] { code = Replay(replay); });
  cmd = app.add_subcommand("diff", "what two versions of a library say of recorded responses");
  cmd->add_option("RECORDS", diff.records, "file of rlar serve --records")->required();
  cmd->add_option("--library", diff.library, "tool library")->envname("RLAR_LIBRARY")->required();
  cmd->add_option("--from", diff.from, "the older version")->required();
  cmd->add_option("--to", diff.to, "the newer version; default: the current one");
  cmd->add_flag("--json", diff.json, "a line a reward");
  cmd->callback([&] { code = Replay(diff); });
  std::string history_library, rollback_version, approve_version;
  cmd = app.add_subcommand("versions", "the versions of a library, why each was published, and which is in force");
  cmd->add_option("--library", history_library, "tool library")->envname("RLAR_LIBRARY")->required();
  cmd->callback([&] { code = Versions(history_library); });
  cmd = app.add_subcommand("approve", "lets servers with --follow=approved take a version");
  cmd->add_option("VERSION", approve_version, "default: the one in force");
  cmd->add_option("--library", history_library, "tool library")->envname("RLAR_LIBRARY")->required();
  cmd->callback([&] { code = Approve(history_library, approve_version); });
  cmd = app.add_subcommand("rollback", "put an older version of a library in force again");
  cmd->add_option("VERSION", rollback_version, "default: the one before the current one");
  cmd->add_option("--library", history_library, "tool library")->envname("RLAR_LIBRARY")->required();
  cmd->callback([&] { code = Rollback(history_library, rollback_version); });

  ServeOptions serve;
  cmd = app.add_subcommand("serve", "rewards over HTTP");
  cmd->add_option("--library", serve.library, "tool library; without one only requests that name a tool are served")->envname("RLAR_LIBRARY");
  cmd->add_option("--listen", serve.listen, "HOST:PORT; port 0 picks a free one")->envname("RLAR_LISTEN")->capture_default_str();
  cmd->add_option("--token", serve.token, "bearer token that requests must carry (better: the environment)")->envname("RLAR_TOKEN");
  cmd->add_option("--length-policy", serve.length_policy, "responses cut off by length: keep, zero or mask")->capture_default_str();
  cmd->add_option("--on-failure", serve.on_failure,
                  "what /get_reward and /remote_rm, which know only numbers, answer for a score that is none: error (502) or neutral=VALUE")
      ->capture_default_str();
  cmd->add_option("--threads", serve.threads, "threads for what scores in this process; 0: one per core")->envname("RLAR_THREADS")->capture_default_str();
  cmd->add_option("--runners", serve.runners, "rows that may wait for sandboxes, children and models at once; 0: 16, or four a core")->capture_default_str();
  cmd->add_option("--cache-mb", serve.cache_mb, "scores of deterministic tools outside the server that are kept by content; 0: none")->capture_default_str();
  cmd->add_option("--max-usd-per-1000", serve.max_usd_per_1000,
                  "US dollars that judges with a price may cost per 1,000 responses scored; past it their scores are failed(cost); 0: no cap")
      ->check(CLI::NonNegativeNumber);
  cmd->add_option("--records", serve.records, "keep every reward in this SQLite file, for rlar replay and rlar diff");
  cmd->add_option("--records-max-mb", serve.records_max_mb, "past it the oldest records go")->capture_default_str();
  cmd->add_flag("--gather", serve.gather, "write queries that nothing serves, or that are news, to DIR/evolve for `rlar evolve`");
  cmd->add_flag("--follow{always}", serve.follow,
                "score with new versions of the library as they are published: --follow=always, or some of step (between "
                "steps of training), new-tasks (only where every task served now keeps its scale), approved (rlar approve), with commas between; without "
                "it, only SIGHUP takes one");
  cmd->add_flag("--evolve", serve.evolve,
                "gather, and run `rlar evolve --watch` for the library beside the server (its settings: the environment and [evolve] of the settings file)");
  cmd->add_option("--tick-ms", serve.tick_ms, "how often gathered queries are written and new versions looked for")->capture_default_str();
  cmd->add_option("--queue", serve.queue, "requests that may wait before 429 is answered")->capture_default_str();
  cmd->add_option("--max-body-bytes", serve.max_body_bytes, "a larger request is answered 413")->capture_default_str();
  cmd->add_option("--deadline-ms", serve.deadline_ms, "longest time a request may take")->capture_default_str();
  cmd->callback([&] {
    if (app.get_config_ptr()->count() > 0) serve.config = app.get_config_ptr()->as<std::string>();
    code = Serve(serve);
  });

  RunOptions run;
  cmd = app.add_subcommand("run", "run one program in the sandbox and print its outcome as JSON");
  cmd->add_option("FILE", run.file, "the program, or - for standard input")->required();
  cmd->add_option("--language", run.language, "python, cpp or javascript")->capture_default_str();
  cmd->add_option("--stdin", run.input, "file that is the program's standard input");
  cmd->add_option("--time-limit-s", run.time_limit_s, "processor seconds")->capture_default_str();
  cmd->add_option("--memory-limit-mb", run.memory_limit_mb, "memory")->capture_default_str();
  cmd->callback([&] { code = Run(run); });

  DoctorOptions doctor;
  cmd = app.add_subcommand("doctor", "what this host allows the sandbox, and what to do where it does not");
  cmd->add_flag("--json", doctor.json, "as JSON");
  cmd->callback([&] { code = Doctor(doctor); });

  EvalCorpusOptions corpus;
  CLI::App* eval = app.add_subcommand("eval", "evaluate on whole data sets");
  eval->require_subcommand(1);
  cmd = eval->add_subcommand("corpus", "one score for a file of responses and references: bleu, chrf, ter, rouge, meteor");
  AddInput(cmd, corpus.input);
  cmd->add_option("--tool", corpus.tool, "bleu, chrf, ter, rouge or meteor")->capture_default_str();
  cmd->add_option("--params", corpus.params, "the tool's parameters, a JSON object");
  cmd->add_flag("--json", corpus.json, "as JSON (docs/schemas/eval_result.json)");
  cmd->callback([&] { code = EvalCorpus(corpus); });

  EvalRewardsOptions best_of_n, bench2;
  AddEvalRewards(eval, "best-of-n", "how often the highest-scored response is the best one", best_of_n, code);
  AddEvalRewards(eval, "rewardbench2", "RewardBench 2's score, with the Ties subset", bench2, code);
  EvalRouteOptions matrix;
  cmd = eval->add_subcommand("route", "whether choosing a tool per query beats the best single one, out of sample, on a score matrix");
  AddInput(cmd, matrix.input);
  cmd->add_flag("--json", matrix.json, "as JSON (docs/schemas/eval_result.json)");
  cmd->callback([&] { code = EvalRoute(matrix); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    return ExplainUsage(app, error);
  }
  return code;
}
