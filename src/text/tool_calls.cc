#include "text/tool_calls.h"

#include "base/text.h"
#include "text/fence.h"
#include "text/json_answer.h"

namespace rlar {
namespace {

using Calls = std::vector<ToolCall>;

Error Refuse(std::string why) { return MakeError(ErrorCode::kInvalidArgument, std::move(why)); }

Result<ToolCall> OneCall(const Json& json) {
  if (!json.is_object()) return Refuse("a call is a JSON object");
  const Json* function = json.Find("function");
  if (function != nullptr && function->is_object()) return OneCall(*function);
  const Json* name = json.Find("name");
  const Json* arguments = json.Find("arguments");
  if (arguments == nullptr) arguments = json.Find("parameters");
  if (arguments == nullptr) arguments = json.Find("args");
  if (name == nullptr && json.object().size() == 1 && json.object()[0].second.is_object()) {
    return ToolCall{json.object()[0].first, json.object()[0].second};
  }
  if (name == nullptr || !name->is_string()) return Refuse("a call without a name");
  ToolCall call{name->string(), Json(Json::Object{})};
  if (arguments == nullptr || arguments->is_null()) return call;
  if (arguments->is_string()) {
    auto parsed = ParseJson(arguments->string());
    if (!parsed) return Refuse("arguments that are no JSON: " + parsed.error().message);
    call.arguments = std::move(*parsed);
  } else {
    call.arguments = *arguments;
  }
  if (!call.arguments.is_object()) return Refuse("arguments that are no object");
  return call;
}

class PythonCalls {
 public:
  explicit PythonCalls(std::string_view text) : text_(text) {}

  Result<Calls> Run() {
    Calls calls;
    Skip();
    const bool list = Take('[');
    for (;;) {
      Skip();
      ToolCall call;
      if (auto read = Call(call); !read) return read.error();
      calls.push_back(std::move(call));
      Skip();
      if (!list || !Take(',')) break;
      Skip();
      if (at_ < text_.size() && text_[at_] == ']') break;
    }
    Skip();
    if (list && !Take(']')) return Refuse("a list of calls that is not closed");
    Skip();
    if (at_ != text_.size()) return Refuse("text behind the calls");
    return calls;
  }

 private:
  void Skip() {
    while (at_ < text_.size() && IsAsciiSpace(text_[at_])) ++at_;
  }
  bool Take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  std::string Name() {
    const std::size_t start = at_;
    while (at_ < text_.size() && (IsAsciiAlpha(text_[at_]) || text_[at_] == '_' || text_[at_] == '.' || (at_ > start && IsAsciiDigit(text_[at_])))) ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  Result<void> Call(ToolCall& call) {
    call.name = Name();
    call.arguments = Json(Json::Object{});
    Skip();
    if (call.name.empty() || !Take('(')) return Refuse("no call");
    for (;;) {
      Skip();
      if (Take(')')) return {};
      const std::string key = Name();
      Skip();
      if (key.empty() || !Take('=')) return Refuse("an argument without a name");
      auto value = ReadLenientValue(text_, at_);
      if (!value) return value.error();
      call.arguments.Set(key, std::move(*value));
      Skip();
      if (!Take(',') && (at_ >= text_.size() || text_[at_] != ')')) return Refuse("arguments that are not closed");
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

Result<Calls> FromBlocks(std::string_view text) {
  constexpr std::string_view kOpen = "<tool_call>", kClose = "</tool_call>";
  Calls calls;
  for (std::size_t at = text.find(kOpen); at != text.npos; at = text.find(kOpen, at)) {
    at += kOpen.size();
    const std::size_t end = text.find(kClose, at);
    if (end == text.npos) return Refuse("a <tool_call> that is not closed");
    auto json = ParseJson(Trim(text.substr(at, end - at)));
    if (!json) return Refuse("a <tool_call> that is no JSON: " + json.error().message);
    auto some = ToolCallsFromJson(*json);
    if (!some) return some;
    calls.insert(calls.end(), some->begin(), some->end());
    at = end + kClose.size();
  }
  return calls;
}

}  // namespace

Result<Calls> ToolCallsFromJson(const Json& json) {
  const Json* list = &json;
  if (const Json* inner = json.Find("tool_calls"); inner != nullptr && inner->is_array()) list = inner;
  if (const Json* inner = json.Find("calls"); inner != nullptr && inner->is_array()) list = inner;
  Calls calls;
  if (!list->is_array()) {
    auto call = OneCall(*list);
    if (!call) return call.error();
    calls.push_back(std::move(*call));
    return calls;
  }
  for (const Json& one : list->array()) {
    auto call = OneCall(one);
    if (!call) return call.error();
    calls.push_back(std::move(*call));
  }
  return calls;
}

Result<Calls> ToolCallsFromText(std::string_view text) {
  text = Trim(text);
  if (text.find("<tool_call>") != text.npos) return FromBlocks(text);
  auto json = ReadJsonAnswer(text, {});
  if (json && (json->is_object() || json->is_array())) return ToolCallsFromJson(*json);
  return PythonCalls(Trim(OnlyFencedBlock(text).value_or(text))).Run();
}

}  // namespace rlar
