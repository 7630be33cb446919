#include "tools/reference_json.h"

namespace rlar {

Json ReferenceJson(const Reference& reference) {
  switch (reference.kind) {
    case Reference::Kind::kNone: return {};
    case Reference::Kind::kText: return reference.texts.front();
    case Reference::Kind::kJson: return reference.json;
    case Reference::Kind::kList: break;
  }
  Json list = Json::Array{};
  for (const std::string& text : reference.texts) list.Push(text);
  return list;
}

}  // namespace rlar
