// POST /v1/score: {"rows": [row…], "tool"?, "params"?, "library_version"?, "deadline_ms"?} → {"results": [score line…],
// "library_version"}. Our own and richest form; docs/schemas/score_request.json.
#include "base/text.h"
#include "rows/score_line.h"
#include "serve/service.h"

namespace rlar {
namespace {

// How far a request came on the fast lane; the slow one goes on there, with the same version.
struct Progress {
  std::size_t next = 0;
  std::string body;
  std::shared_ptr<const Snapshot> snapshot;
};

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
    return MakeError(ErrorCode::kNotFound, "unknown tool '" + call.tool + "'" +
                                               (near.empty() ? "" : " (did you mean '" + std::string(near) + "'?)"));
  }
  RLAR_TRY(tool->CheckParams(call.params));
  return call;
}

void ScoreOne(RewardService& service, const CallOptions& call, long line, const Json& row, std::string& out) {
  const auto separate = [&] {
    if (out.back() != '[') out += ',';
  };
  auto parsed = ParseRow(row);
  if (const auto* error = std::get_if<RowError>(&parsed)) {
    separate();
    AppendErrorLine(out, line, *error, call.snapshot->version());
    return;
  }
  const Group& group = std::get<Group>(parsed);
  if (group.responses.empty()) {
    separate();
    AppendErrorLine(out, line, {Class::kNoResponse, "the row has no 'response' or 'responses'", group.query.id}, call.snapshot->version());
    return;
  }
  const auto rewards = service.Score(group, call);
  for (std::size_t i = 0; i < rewards.size(); ++i) {
    separate();
    AppendScoreLine(out, line, group.query.id, i, rewards[i]);
  }
}

}  // namespace

HttpReply HandleScore(RewardService& service, const HttpRequest& request, const Json& body) {
  const Json* rows = body.Find("rows");
  if (rows == nullptr || !rows->is_array()) return ErrorReply(400, "the body must be an object with a list 'rows'");
  auto call = ReadCall(service, request, body);
  if (!call) return ErrorReply(call.error().code == ErrorCode::kNotFound ? 404 : 400, call.error().ToString());
  Progress progress{0, "{\"results\":[", call->snapshot};
  if (auto* begun = std::any_cast<Progress>(&request.progress)) progress = std::move(*begun);
  call->snapshot = progress.snapshot;
  for (; progress.next < rows->array().size(); ++progress.next) {
    ScoreOne(service, *call, static_cast<long>(progress.next) + 1, rows->array()[progress.next], progress.body);
    if (request.deferred) {
      request.progress = std::move(progress);
      return {};
    }
  }
  HttpReply reply;
  reply.body = std::move(progress.body);
  reply.body += "],\"library_version\":";
  AppendJsonString(reply.body, call->snapshot->version());
  reply.body += '}';
  return reply;
}

}  // namespace rlar
