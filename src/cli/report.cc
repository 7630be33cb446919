#include "cli/commands.h"
namespace rlar::cli { int Report(const ReportOptions&) { return 2; } int Build(const BuildOptions&) {return 2;} int Serve(const ServeOptions&){return 2;} int ToolsAdd(const ToolsAddOptions&){return 2;} }
