// The schemas that references may lead to: the main one, the given remotes, and the drafts' own metaschemas; with every resource and
// anchor in them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "jsonschema/schema.h"

namespace rlar::jsonschema {

// A schema with an address of its own.
struct Resource {
  std::string address;
  const Json* root = nullptr;
  Draft draft = Draft::k2020;
  bool validation = true;  // the draft's keywords of validation apply (a metaschema may leave them out)
  bool assert_format = false;
  bool recursive_anchor = false;                            // of 2019-09
  std::map<std::string, const Json*, std::less<>> anchors;  // both kinds
  std::map<std::string, const Json*, std::less<>> dynamic_anchors;
};

struct Target {
  const Json* schema = nullptr;
  const Resource* resource = nullptr;  // that it belongs to
  std::string dynamic_anchor;          // set where the reference led to a dynamic anchor by its name
};

class Documents {
 public:
  explicit Documents(const Options& options) : options_(options) {}
  // Adds a document and indexes it. The Json must stay where it is.
  Result<void> Add(const Json& document, std::string_view address, Draft fallback);
  // Where `reference` leads from a place in `from`. Remotes and metaschemas are loaded when first asked for.
  Result<Target> Resolve(const Resource& from, std::string_view reference);
  const Resource* FindResource(std::string_view address) const;
  // The resource whose root is `schema`, or nullptr.
  const Resource* ResourceAt(const Json& schema) const;

 private:
  Result<void> Index(const Json& schema, Resource* resource, int depth);
  Result<Resource*> MakeResource(const Json& schema, std::string address, Draft draft, const Resource* parent);
  Result<void> IndexChildren(const Json& schema, Resource* resource, int depth);
  Result<const Resource*> Load(const std::string& address);
  Result<void> ReadMetaschema(Resource& resource, std::string_view address);

  const Options& options_;
  std::map<std::string, std::unique_ptr<Resource>, std::less<>> resources_;
  std::unordered_map<const Json*, Resource*> by_root_;
  std::vector<std::unique_ptr<Json>> owned_;  // metaschemas
};

// The draft's metaschema as one document; nullptr for addresses that name none.
std::unique_ptr<Json> Metaschema(std::string_view address);

}  // namespace rlar::jsonschema
