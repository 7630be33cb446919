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
// Appends and syncs one line (a newline is added). A torn last line of an earlier crash is cut off first.
Result<void> AppendLine(const std::filesystem::path& path, std::string_view line);
Result<void> MakeDirectories(const std::filesystem::path& path);

// For fault tests only: called with a running number before every step that changes the disk.
void SetWriteHook(std::function<void(int)> hook);

}  // namespace rlar
