#include "jsonschema/documents.h"

#include <algorithm>
#include <array>

#include "jsonschema/keywords.h"
#include "jsonschema/uri.h"

namespace rlar::jsonschema {
namespace {

constexpr int kMostDepth = 200;

Error Refuse(std::string message) { return MakeError(ErrorCode::kInvalidArgument, std::move(message)); }

const std::string* StringAt(const Json& schema, std::string_view key) {
  const Json* value = schema.Find(key);
  return value != nullptr && value->is_string() ? &value->string() : nullptr;
}

}  // namespace

std::optional<Draft> DraftFromName(std::string_view name) {
  while (name.ends_with('#')) name.remove_suffix(1);
  if (name.find("2020-12") != name.npos) return Draft::k2020;
  if (name.find("2019-09") != name.npos) return Draft::k2019;
  for (const auto& [digit, draft] : {std::pair{'7', Draft::k07}, std::pair{'6', Draft::k06}}) {
    const std::string d(1, digit);
    if (name == d || name == "0" + d || name == "draft" + d || name == "draft-" + d || name == "draft0" + d || name == "draft-0" + d ||
        name == "http://json-schema.org/draft-0" + d + "/schema" || name == "https://json-schema.org/draft-0" + d + "/schema") {
      return draft;
    }
  }
  return std::nullopt;
}

const Resource* Documents::FindResource(std::string_view address) const {
  const auto found = resources_.find(address);
  return found == resources_.end() ? nullptr : found->second.get();
}

const Resource* Documents::ResourceAt(const Json& schema) const {
  const auto found = by_root_.find(&schema);
  return found == by_root_.end() ? nullptr : found->second;
}

Result<void> Documents::Add(const Json& document, std::string_view address, Draft fallback) {
  Draft draft = fallback;
  if (const std::string* named = document.is_object() ? StringAt(document, "$schema") : nullptr) draft = DraftFromName(*named).value_or(fallback);
  auto resource = MakeResource(document, std::string(address), draft, nullptr);
  if (!resource) return resource.error();
  return Index(document, *resource, 0);
}

Result<Resource*> Documents::MakeResource(const Json& schema, std::string address, Draft draft, const Resource* parent) {
  auto resource = std::make_unique<Resource>();
  resource->root = &schema;
  resource->draft = draft;
  resource->assert_format = options_.assert_format;
  if (parent != nullptr) {
    resource->validation = parent->validation;
    resource->assert_format = parent->assert_format;
  }
  const std::string* id = schema.is_object() ? StringAt(schema, "$id") : nullptr;
  if (draft <= Draft::k07 && schema.Find("$ref") != nullptr) id = nullptr;
  const std::string given = SplitFragment(address).address;
  resource->address = id != nullptr && !id->starts_with('#') ? SplitFragment(ResolveUri(address, *id)).address : given;
  Resource* raw = resource.get();
  by_root_[&schema] = raw;
  // A document is found by the address it was given too.
  if (raw->address != given && parent == nullptr && resources_.find(given) == resources_.end()) {
    auto alias = std::make_unique<Resource>(*raw);
    resources_[given] = std::move(alias);
  }
  resources_[raw->address] = std::move(resource);
  if (const std::string* meta = schema.is_object() ? StringAt(schema, "$schema") : nullptr) {
    if (!DraftFromName(*meta)) {
      if (auto read = ReadMetaschema(*raw, *meta); !read) return read.error();
    } else {
      raw->draft = *DraftFromName(*meta);
    }
  }
  return raw;
}

// A metaschema of one's own says by its vocabularies which keywords there are.
Result<void> Documents::ReadMetaschema(Resource& resource, std::string_view address) {
  const Json* document = options_.remotes.Find(SplitFragment(address).address);
  if (document == nullptr) {
    const auto found = resources_.find(SplitFragment(address).address);
    if (found != resources_.end()) document = found->second->root;
  }
  if (document == nullptr) return Refuse("the metaschema '" + std::string(address) + "' is not among the remotes");
  if (const std::string* named = StringAt(*document, "$schema")) resource.draft = DraftFromName(*named).value_or(resource.draft);
  const Json* vocabulary = document->Find("$vocabulary");
  if (vocabulary == nullptr || !vocabulary->is_object()) return {};
  resource.validation = false;
  for (const auto& [name, required] : vocabulary->object()) {
    if (name.ends_with("/vocab/validation")) resource.validation = true;
    if (name.ends_with("/vocab/format-assertion")) resource.assert_format = true;
  }
  return {};
}

Result<void> Documents::Index(const Json& schema, Resource* resource, int depth) {
  if (depth > kMostDepth) return Refuse("the schema is nested too deeply");
  if (!schema.is_object()) return {};
  const bool only_ref = resource->draft <= Draft::k07 && schema.Find("$ref") != nullptr;
  if (const std::string* id = StringAt(schema, "$id"); id != nullptr && !only_ref) {
    if (id->starts_with('#') && resource->draft <= Draft::k07) {
      resource->anchors[id->substr(1)] = &schema;
    } else if (&schema != resource->root) {
      auto made = MakeResource(schema, resource->address, resource->draft, resource);
      if (!made) return made.error();
      resource = *made;
    }
    const auto fragment = SplitFragment(*id).fragment;
    if (resource->draft <= Draft::k07 && fragment && !fragment->empty()) resource->anchors[*fragment] = &schema;
  }
  if (resource->draft >= Draft::k2019) {
    if (const std::string* anchor = StringAt(schema, "$anchor")) resource->anchors[*anchor] = &schema;
  }
  if (resource->draft >= Draft::k2020) {
    if (const std::string* anchor = StringAt(schema, "$dynamicAnchor")) resource->anchors[*anchor] = resource->dynamic_anchors[*anchor] = &schema;
  } else if (const Json* recursive = schema.Find("$recursiveAnchor"); recursive != nullptr && recursive->is_bool() && &schema == resource->root) {
    resource->recursive_anchor = recursive->boolean();
  }
  return IndexChildren(schema, resource, depth);
}

Result<void> Documents::IndexChildren(const Json& schema, Resource* resource, int depth) {
  for (const auto& [key, value] : schema.object()) {
    const Holds holds = WhatHolds(key, resource->draft);
    const auto visit = [&](const Json& child) { return Index(child, resource, depth + 1); };
    if (holds == Holds::kSchema || (holds == Holds::kSchemaOrList && !value.is_array())) {
      if (auto done = visit(value); !done) return done;
    } else if ((holds == Holds::kList || holds == Holds::kSchemaOrList) && value.is_array()) {
      for (const Json& child : value.array()) {
        if (auto done = visit(child); !done) return done;
      }
    } else if (holds == Holds::kMap && value.is_object()) {
      for (const auto& [name, child] : value.object()) {
        if (auto done = visit(child); !done) return done;
      }
    }
  }
  return {};
}

Result<const Resource*> Documents::Load(const std::string& address) {
  if (const Resource* known = FindResource(address)) return known;
  if (const Json* remote = options_.remotes.Find(address)) {
    if (auto added = Add(*remote, address, options_.draft.value_or(Draft::k2020)); !added) return added.error();
    return FindResource(address);
  }
  if (auto meta = Metaschema(address)) {
    owned_.push_back(std::move(meta));
    if (auto added = Add(*owned_.back(), address, Draft::k2020); !added) return added.error();
    return FindResource(address);
  }
  return Refuse("reference to '" + address + "', which is neither in the schema nor among the remotes");
}

Result<Target> Documents::Resolve(const Resource& from, std::string_view reference) {
  const SplitUri uri = SplitFragment(ResolveUri(from.address, reference));
  auto loaded = Load(uri.address);
  if (!loaded) return loaded.error();
  const Resource* resource = by_root_.at((*loaded)->root);
  Target target{resource->root, resource, {}};
  const std::string fragment = uri.fragment.value_or("");
  if (fragment.empty()) return target;
  if (fragment[0] != '/') {
    const auto anchor = resource->anchors.find(fragment);
    if (anchor == resource->anchors.end()) return Refuse("reference '" + std::string(reference) + "': there is no anchor '" + fragment + "'");
    target.schema = anchor->second;
    if (resource->dynamic_anchors.contains(fragment)) target.dynamic_anchor = fragment;
    return target;
  }
  const auto tokens = PointerTokens(fragment);
  for (const std::string& token : *tokens) {
    const Json* next = nullptr;
    if (target.schema->is_object()) next = target.schema->Find(token);
    if (target.schema->is_array() && !token.empty() && token.find_first_not_of("0123456789") == token.npos && token.size() < 9) {
      const auto index = static_cast<std::size_t>(std::stoul(token));
      if (index < target.schema->array().size()) next = &target.schema->array()[index];
    }
    if (next == nullptr) return Refuse("reference '" + std::string(reference) + "' leads nowhere: there is no '" + token + "'");
    target.schema = next;
    if (const Resource* inner = ResourceAt(*next)) target.resource = inner;
  }
  return target;
}

}  // namespace rlar::jsonschema
