// Language data from installed packages (scripts/fetch_language_data), read once when first asked for and never changed:
// $RLAR_DATA_DIR, or the folder `data` beside the program.
#pragma once

#include <string>

#include "rlar/result.h"

namespace rlar {

// The folder all language data is looked for in.
std::string LanguageDataFolder();
// The content of a file in it. The error names the file and the script that fetches it.
Result<std::string> ReadLanguageData(const std::string& name);

}  // namespace rlar
