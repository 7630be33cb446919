// Publishing what a person or an alarm changed in the version in force: a route set, a tool put in or taken out, a scale.
#pragma once

#include <string>

#include "library/store.h"

namespace rlar {

// LibraryStore::Publish, and a report of the new version: that of the version before with the routes as they are now, so that what was tried stays
// to be read. No report where that version has none. Errors as of Publish; a version that is in force stands, whatever becomes of its report.
Result<std::string> PublishEdited(LibraryStore& store, const Json& manifest, const std::string& why);

}  // namespace rlar
