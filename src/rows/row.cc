#include "rows/row.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"

namespace rlar {
namespace {

constexpr std::array<std::string_view, 15> kKnownFields{"id",     "prompt",   "response",      "responses", "reference", "params", "task", "source",
                                                        "rubric", "group_id", "finish_reason", "reasoning", "tokens",    "state",  "line"};

RowError Bad(const Json& id, std::string reason, Class c = Class::kBadRow) { return RowError{c, std::move(reason), id}; }

const Json* FindPath(const Json& row, std::string_view path) {
  if (const Json* direct = row.Find(path)) return direct;
  const Json* at = &row;
  for (const std::string_view part : Split(path, '.')) {
    at = at->Find(part);
    if (at == nullptr) return nullptr;
  }
  return at;
}

// Fields that public data sets carry at the top level (or in verl's extra_info) and that are parameters of our tools.
constexpr std::array<std::string_view, 12> kParamFields{"choices", "instruction_id_list", "kwargs", "tests",   "test",  "entry_point",
                                                        "cases",   "test_list",           "schema", "fn_name", "setup", "language"};

void TakeParamFields(const Json& from, Json& params) {
  for (const std::string_view name : kParamFields) {
    const Json* value = from.Find(name);
    const std::string_view param = name == "test_list" ? "tests" : name;
    if (value != nullptr && !value->is_null() && params.Find(param) == nullptr) params.Set(std::string(param), *value);
  }
}

// Reads fields through the map; remembers which top-level names were used.
class Fields {
 public:
  Fields(const Json& row, const FieldMap& map) : row_(row), map_(map) {}
  const Json* Get(std::string_view name) const {
    for (const auto& [to, from] : map_.renames) {
      if (to == name) return FindPath(row_, from);
    }
    if (const Json* own = row_.Find(name)) return own;
    for (const auto& [to, from] : map_.guesses) {
      if (to != name) continue;
      if (const Json* value = FindPath(row_, from); value != nullptr && !value->is_null()) return value;
    }
    return nullptr;
  }
  bool IsUsed(std::string_view top_level) const {
    for (const auto* list : {&map_.renames, &map_.guesses}) {
      for (const auto& [to, from] : *list) {
        if (Split(from, '.').front() == top_level) return true;
      }
    }
    return std::find(kKnownFields.begin(), kKnownFields.end(), top_level) != kKnownFields.end();
  }

 private:
  const Json& row_;
  const FieldMap& map_;
};

// Joins the text parts of a message's content. Returns a reason where it holds something else.
std::variant<std::string, RowError> ContentText(const Json& content) {
  if (content.is_string()) return content.string();
  if (content.is_null()) return std::string();  // an assistant turn that only calls tools
  if (!content.is_array()) return Bad({}, "a message's content must be a string or a list of parts");
  std::string text;
  for (const Json& part : content.array()) {
    const Json* type = part.Find("type");
    const Json* value = part.Find("text");
    if (type == nullptr || !type->is_string()) return Bad({}, "a content part has no type");
    if (type->string() != "text") {
      return Bad({}, "content of type '" + type->string() + "' is not supported", Class::kUnsupportedContent);
    }
    if (value == nullptr || !value->is_string()) return Bad({}, "a text part has no text");
    if (!text.empty()) text += '\n';
    text += value->string();
  }
  return text;
}

std::variant<std::vector<Message>, RowError> ParseMessages(const Json& turns, std::string_view field) {
  static constexpr std::array<std::string_view, 6> kRoles{"system", "developer", "user", "assistant", "tool", "function"};
  std::vector<Message> messages;
  for (const Json& turn : turns.array()) {
    const std::string where = "field '" + std::string(field) + "', turn " + std::to_string(messages.size() + 1) + ": ";
    const Json* role = turn.Find("role");
    if (role == nullptr || !role->is_string()) return Bad({}, where + "no role");
    if (std::find(kRoles.begin(), kRoles.end(), role->string()) == kRoles.end()) {
      return Bad({}, where + "unknown role '" + role->string() + "'");
    }
    Message message;
    message.role = role->string() == "developer" ? "system" : role->string() == "function" ? "tool" : role->string();
    if (const Json* content = turn.Find("content")) {
      auto text = ContentText(*content);
      if (auto* error = std::get_if<RowError>(&text)) return Bad({}, where + error->reason, error->error_class);
      message.content = std::move(std::get<std::string>(text));
    }
    if (const Json* calls = turn.Find("tool_calls")) message.tool_calls = *calls;
    if (const Json* call = turn.Find("tool_call_id"); call != nullptr && call->is_string()) {
      message.tool_call_id = call->string();
    }
    messages.push_back(std::move(message));
  }
  return messages;
}

std::optional<RowError> ParsePrompt(const Json* prompt, Query& query) {
  if (prompt == nullptr || prompt->is_null()) return Bad({}, "field 'prompt' is missing");
  if (prompt->is_string()) {
    query.prompt = prompt->string();
    query.messages.push_back(Message{.role = "user", .content = query.prompt, .tool_calls = {}, .tool_call_id = {}});
    return std::nullopt;
  }
  if (!prompt->is_array() || prompt->array().empty()) {
    return Bad({}, "field 'prompt' must be a string or a non-empty list of messages");
  }
  auto messages = ParseMessages(*prompt, "prompt");
  if (auto* error = std::get_if<RowError>(&messages)) return *error;
  query.messages = std::move(std::get<std::vector<Message>>(messages));
  const auto last = std::find_if(query.messages.rbegin(), query.messages.rend(), [](const Message& message) { return message.role == "user"; });
  if (last != query.messages.rend()) query.prompt = last->content;
  return std::nullopt;
}

std::optional<std::string> ScalarText(const Json& value) {
  if (value.is_string()) return value.string();
  if (value.is_number()) return value.number_text();
  if (value.is_bool()) return value.boolean() ? "true" : "false";
  return std::nullopt;
}

void ParseReference(const Json* value, Reference& reference) {
  if (value == nullptr || value->is_null()) return;
  if (const auto text = ScalarText(*value)) {
    reference = {Reference::Kind::kText, {*text}, {}};
    return;
  }
  if (value->is_array()) {
    std::vector<std::string> texts;
    for (const Json& item : value->array()) {
      const auto text = ScalarText(item);
      if (!text) break;
      texts.push_back(*text);
    }
    if (texts.empty() && value->array().empty()) return;
    if (texts.size() == value->array().size()) {
      reference = {Reference::Kind::kList, std::move(texts), {}};
      return;
    }
  }
  reference = {Reference::Kind::kJson, {}, *value};
}

std::variant<Response, RowError> ParseResponse(const Json& value, std::string_view field) {
  Response response;
  if (value.is_string()) {
    response.text = value.string();
    return response;
  }
  const Json* turns = &value;
  if (value.is_object()) {
    // {"text"|"messages", "finish_reason"?, "reasoning"?, "tokens"?, "state"?}: a response with its own metadata.
    if (const Json* reason = value.Find("finish_reason"); reason != nullptr && reason->is_string()) {
      response.finish_reason = reason->string();
    }
    if (const Json* text = value.Find("reasoning"); text != nullptr && text->is_string()) response.reasoning = text->string();
    if (const Json* tokens = value.Find("tokens"); tokens != nullptr && tokens->is_number()) {
      response.tokens = static_cast<long>(tokens->number());
    }
    if (const Json* state = value.Find("state")) response.state = *state;
    if (const Json* text = value.Find("text"); text != nullptr && text->is_string()) {
      response.text = text->string();
      return response;
    }
    turns = value.Find("messages");
  }
  if (turns == nullptr || !turns->is_array() || turns->array().empty()) {
    return Bad({}, "field '" + std::string(field) + "' must hold strings or non-empty lists of messages");
  }
  auto messages = ParseMessages(*turns, field);
  if (auto* error = std::get_if<RowError>(&messages)) return *error;
  response.messages = std::move(std::get<std::vector<Message>>(messages));
  const auto last = std::find_if(response.messages.rbegin(), response.messages.rend(), [](const Message& message) { return message.role == "assistant"; });
  if (last == response.messages.rend()) return Bad({}, "field '" + std::string(field) + "' holds no assistant turn");
  response.text = last->content;
  return response;
}

std::optional<RowError> ParseResponses(const Fields& fields, Group& group) {
  const Json* one = fields.Get("response");
  const Json* many = fields.Get("responses");
  if (one != nullptr && !one->is_null() && many != nullptr && !many->is_null()) {
    return Bad({}, "a row holds either 'response' or 'responses', not both");
  }
  std::vector<const Json*> values;
  if (one != nullptr && !one->is_null()) values.push_back(one);
  if (many != nullptr && !many->is_null()) {
    if (!many->is_array()) return Bad({}, "field 'responses' must be a list");
    for (const Json& item : many->array()) values.push_back(&item);
  }
  for (const Json* value : values) {
    auto response = ParseResponse(*value, one != nullptr ? "response" : "responses");
    if (auto* error = std::get_if<RowError>(&response)) return *error;
    group.responses.push_back(std::move(std::get<Response>(response)));
  }
  return std::nullopt;
}

std::optional<RowError> ParseResponseMetadata(const Fields& fields, Group& group) {
  const Json* finish = fields.Get("finish_reason");
  if (finish != nullptr && !finish->is_null() && !finish->is_string()) return Bad({}, "field 'finish_reason' must be a string");
  const Json* reasoning = fields.Get("reasoning");
  if (reasoning != nullptr && !reasoning->is_null() && !reasoning->is_string()) {
    return Bad({}, "field 'reasoning' must be a string");
  }
  const Json* tokens = fields.Get("tokens");
  if (tokens != nullptr && !tokens->is_null() && (!tokens->is_number() || tokens->number() < 0 || tokens->number() > 1e12)) {
    return Bad({}, "field 'tokens' must be a count");
  }
  const Json* state = fields.Get("state");
  for (Response& response : group.responses) {
    if (finish != nullptr && finish->is_string()) response.finish_reason = finish->string();
    if (reasoning != nullptr && reasoning->is_string()) response.reasoning = reasoning->string();
    if (tokens != nullptr && tokens->is_number()) response.tokens = static_cast<long>(tokens->number());
    if (state != nullptr) response.state = *state;
  }
  return std::nullopt;
}

std::optional<RowError> ParseRubric(const Json* rubric, Query& query) {
  if (rubric == nullptr || rubric->is_null()) return std::nullopt;
  if (!rubric->is_array()) return Bad({}, "field 'rubric' must be a list of criteria");
  for (const Json& item : rubric->array()) {
    const Json* id = item.Find("id");
    const Json* text = item.Find("text");
    if (id == nullptr || !id->is_string() || text == nullptr || !text->is_string()) {
      return Bad({}, "a criterion of 'rubric' needs the strings 'id' and 'text'");
    }
    RubricItem criterion{id->string(), text->string()};
    if (const Json* weight = item.Find("weight"); weight != nullptr && !weight->is_null()) {
      if (!weight->is_number() || !std::isfinite(weight->number()) || !(weight->number() > 0)) {
        return Bad({}, "the weight of criterion '" + criterion.id + "' of 'rubric' must be a number above 0");
      }
      criterion.weight = weight->number();
    }
    if (const Json* veto = item.Find("veto"); veto != nullptr && veto->is_bool()) criterion.veto = veto->boolean();
    query.rubric.push_back(std::move(criterion));
  }
  return std::nullopt;
}

std::optional<RowError> ParseStringField(const Json* value, std::string_view name, std::string& out) {
  if (value == nullptr || value->is_null()) return std::nullopt;
  if (!value->is_string()) return Bad({}, "field '" + std::string(name) + "' must be a string");
  out = value->string();
  return std::nullopt;
}

}  // namespace

std::variant<Group, RowError> ParseRow(const Json& row, const FieldMap& map) {
  if (!row.is_object()) return Bad({}, "a row must be a JSON object");
  const Fields fields(row, map);
  Group group;
  Query& query = group.query;
  if (const Json* id = fields.Get("id")) {
    if (id->is_array() || id->is_object()) return Bad({}, "field 'id' must be a string or a number");
    query.id = *id;
  }
  const auto fail = [&](RowError error) {
    error.id = query.id;
    return error;
  };
  if (auto error = ParsePrompt(fields.Get("prompt"), query)) return fail(*error);
  ParseReference(fields.Get("reference"), query.reference);
  if (const Json* params = fields.Get("params"); params != nullptr && !params->is_null()) {
    if (!params->is_object()) return fail(Bad({}, "field 'params' must be an object"));
    query.params = *params;
  }
  TakeParamFields(row, query.params);
  if (const Json* extra = row.Find("extra_info")) TakeParamFields(*extra, query.params);
  if (auto error = ParseStringField(fields.Get("task"), "task", query.task)) return fail(*error);
  if (auto error = ParseStringField(fields.Get("source"), "source", query.source)) return fail(*error);
  if (const Json* group_id = fields.Get("group_id")) query.group_id = ScalarText(*group_id).value_or("");
  if (auto error = ParseRubric(fields.Get("rubric"), query)) return fail(*error);
  if (auto error = ParseResponses(fields, group)) return fail(*error);
  if (auto error = ParseResponseMetadata(fields, group)) return fail(*error);
  for (const auto& [key, value] : row.object()) {
    if (!fields.IsUsed(key)) query.extra.Set(key, value);
  }
  return group;
}

std::variant<Group, RowError> ParseRowText(std::string_view line, const FieldMap& map) {
  if (Trim(line).empty()) return RowError{Class::kEmptyLine, "empty line", {}};
  if (!IsValidUtf8(line)) return RowError{Class::kBadUtf8, "the line is not valid UTF-8", {}};
  auto json = ParseJson(line);
  if (!json) return RowError{Class::kBadJson, "not JSON: " + json.error().message, {}};
  return ParseRow(*json, map);
}

}  // namespace rlar
