// POST /v1/score: {"rows": [row…], "tool"?, "params"?, "library_version"?, "deadline_ms"?} → {"results": [score line…],
// "library_version"}. Our own and richest form; docs/schemas/score_request.json. With `Accept: application/x-ndjson` the score lines come
// one by one, as they are done; `line` and `response_index` say whose they are.
#include <utility>

#include "base/text.h"
#include "rows/score_line.h"
#include "serve/service.h"

namespace rlar {
namespace {

constexpr std::size_t kLeastChunk = 16'384;  // what is scored at once is sent together

// The request's options, checked against the snapshot; an error is the client's.
Result<CallOptions> ReadCall(RewardService& service, const HttpRequest& request, const Json& body) {
  CallOptions call = service.BeginCall(request, body.Find("deadline_ms"));
  if (const Json* version = body.Find("library_version"); version != nullptr && !version->is_null()) {
    if (!version->is_string()) return MakeError(ErrorCode::kInvalidArgument, "library_version must be a string");
    auto pinned = service.Pinned(version->string());
    if (!pinned) return pinned.error();
    call.snapshot = std::move(*pinned);
  }
  if (const Json* params = body.Find("params"); params != nullptr) call.params = *params;
  const Json* name = body.Find("tool");
  if (name == nullptr || name->is_null()) {
    if (!call.params.is_null()) return MakeError(ErrorCode::kInvalidArgument, "params goes with tool");
    return call;
  }
  if (!name->is_string()) return MakeError(ErrorCode::kInvalidArgument, "tool must be a string");
  call.tool = name->string();
  const Tool* tool = call.snapshot->FindTool(call.tool);
  if (tool == nullptr) {
    std::vector<std::string_view> names;
    for (const auto& known : call.snapshot->tools()) names.push_back(known->card().id.name);
    const auto near = NearestName(call.tool, names);
    return MakeError(ErrorCode::kNotFound, "unknown tool '" + call.tool + "'" + (near.empty() ? "" : " (did you mean '" + std::string(near) + "'?)"));
  }
  RLAR_TRY(tool->CheckParams(call.params));
  return call;
}

// The row's lines, each followed by `end`.
void AppendRow(const Batch& batch, std::size_t row, char end, std::string& out) {
  const long line = static_cast<long>(row) + 1;
  if (const auto error = batch.ErrorOf(row)) {
    AppendErrorLine(out, line, *error, batch.snapshot->version());
    out += end;
    return;
  }
  const Json& id = std::get<Group>(batch.rows[row]).query.id;
  for (std::size_t i = 0; i < batch.rewards[row].size(); ++i) {
    AppendScoreLine(out, line, id, i, batch.rewards[row][i]);
    out += end;
  }
}

// Lines as they come, of whatever row; what cannot be begun is told as failed.
HttpReply StreamScores(RewardService& service, const HttpRequest& request, const CallOptions& call, Batch& batch) {
  bool listening = true;
  std::string lines;
  const auto say = [&](std::size_t row) {
    AppendRow(batch, row, '\n', lines);
    if (lines.size() < kLeastChunk && request.fast_lane) return;
    listening = listening && request.emit(std::exchange(lines, {}));
    if (!listening) request.cancelled->store(true);
  };
  if (service.Score(request, call, batch, say) == Scored::kFull) {
    for (const auto& [row, waits_for] : batch.left) {
      const Reward none{.score = Score::Failed(Class::kOverload, "too many rows wait"), .library_version = batch.snapshot->version()};
      batch.rewards[row].assign(std::get<Group>(batch.rows[row]).responses.size(), none);
      say(row);
    }
  }
  if (!lines.empty()) request.emit(std::move(lines));
  return {200, "", std::string(kNdjson)};
}

}  // namespace

HttpReply HandleScore(RewardService& service, const HttpRequest& request, const Json& body, Batch& batch) {
  const Json* rows = body.Find("rows");
  if (rows == nullptr || !rows->is_array()) return ErrorReply(400, "the body must be an object with a list 'rows'");
  auto call = ReadCall(service, request, body);
  if (!call) return ErrorReply(call.error().code == ErrorCode::kNotFound ? 404 : 400, call.error().ToString());
  if (!batch.snapshot) {
    batch.snapshot = call->snapshot;
    for (const Json& row : rows->array()) batch.Add(row);
  }
  if (request.emit) return StreamScores(service, request, *call, batch);
  const Scored scored = service.Score(request, *call, batch);
  if (scored == Scored::kDeferred) return {};
  if (scored == Scored::kFull) return Overloaded();
  HttpReply reply;
  reply.body = "{\"results\":[";
  for (std::size_t row = 0; row < batch.rows.size(); ++row) AppendRow(batch, row, ',', reply.body);
  if (reply.body.back() == ',') reply.body.pop_back();
  reply.body += "],\"library_version\":";
  AppendJsonString(reply.body, batch.snapshot->version());
  reply.body += '}';
  return reply;
}

}  // namespace rlar
