// Files: read whole, write atomically. Every write goes through here, so that a test can stop the program at each of them.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "rlar/result.h"

namespace rlar {

Result<std::string> ReadFile(const std::filesystem::path& path);
// After a return without error the file holds `content`, also after a power cut; before it the old content. Never a mixture.
Result<void> WriteFileAtomic(const std::filesystem::path& path, std::string_view content);
// Appends and syncs one line (a newline is added). A torn last line of an earlier crash is cut off first. Appends of several threads and
// processes come one after the other; one that waited while the file was renamed goes to a new file of the old name. Errors also where another
// append is not through within ten seconds.
Result<void> AppendLine(const std::filesystem::path& path, std::string_view line);
// Returns when no append to the file is under way. Of a file that was renamed to `path` nothing is added afterwards. Errors as above.
Result<void> AwaitAppends(const std::filesystem::path& path);
Result<void> MakeDirectories(const std::filesystem::path& path);

// For fault tests only: called with a running number before every step that changes the disk.
void SetWriteHook(std::function<void(int)> hook);

}  // namespace rlar
