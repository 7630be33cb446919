// rlar tools quarantine | restore: taking a tool out of use by hand, and back.
#include "library/quarantine.h"

#include <cstdio>

#include "base/text.h"
#include "cli/commands.h"
#include "library/publish_edited.h"

namespace rlar::cli {

int ToolsQuarantine(const QuarantineOptions& options) {
  auto store = LibraryStore::Open(options.library);
  if (!store) return UsageError(store.error().ToString());
  auto manifest = store->LoadManifest();
  if (!manifest) return UsageError(manifest.error().ToString());
  const std::string tool = ReplaceAll(options.tool, ":", "@");
  auto changed =
      options.restore ? Restore(std::move(*manifest), tool, options.task) : Quarantine(std::move(*manifest), {tool, options.task, options.why, Json()});
  if (!changed) return UsageError(changed.error().ToString());
  const std::string what =
      tool + (options.task.empty() ? "" : " for task '" + options.task + "'") + (options.restore ? " restored" : " in quarantine: " + options.why);
  auto version = PublishEdited(*store, *changed, what);
  if (!version) return UsageError(version.error().ToString());
  std::printf("%s; library version %s\n", what.c_str(), version->c_str());
  return 0;
}

}  // namespace rlar::cli
