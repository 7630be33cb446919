#include "cli/report_text.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "base/json_at.h"
#include "base/text.h"

namespace rlar::cli {
namespace {

constexpr std::size_t kShownParams = 80;  // bytes

long CountAt(const Json& json, std::string_view key) {
  const Json* value = json.Find(key);
  return value != nullptr && value->is_number() ? static_cast<long>(value->number()) : 0;
}
std::string RouteTools(const Json& route) {
  std::string tools;
  for (const Json& part : ListAt(route, "parts")) {
    if (!tools.empty()) tools += " + ";
    tools += TextAt(part, "tool");
    const Json* params = part.Find("params");
    if (params != nullptr && params->is_object() && !params->object().empty()) tools += " " + Shorten(params->Dump(), kShownParams);
  }
  return tools;
}

std::string Pad(std::string text, std::size_t width) {
  const std::size_t length = CodePointCount(text);
  if (length < width) text.append(width - length, ' ');
  return text;
}

std::string Escape(std::string text) {
  text = ReplaceAll(std::move(text), "&", "&amp;");
  text = ReplaceAll(std::move(text), "<", "&lt;");
  return ReplaceAll(std::move(text), "\"", "&quot;");
}

std::string Summary(const Json& report) {
  static const Json kNothing = Json::Object{};
  const Json* rows = report.Find("rows");
  if (rows == nullptr) rows = &kNothing;
  return std::to_string(CountAt(*rows, "total")) + " rows: " + std::to_string(CountAt(*rows, "served")) + " served, " +
         std::to_string(CountAt(*rows, "unserved")) + " unserved, " + std::to_string(CountAt(*rows, "invalid")) + " invalid";
}

// Where rewards do not compare with those of the version before: a line that says so.
std::string ScaleLine(const Json& task) {
  const Json* change = task.Find("scale");
  if (change == nullptr || TextAt(*change, "scale") != "changed") return "";
  std::string line = "rewards of '" + TextAt(task, "task") + "' are on another scale than before: " + TextAt(*change, "why");
  const Json* probes = change->Find("probes");
  if (probes == nullptr) return line + "\n";
  char text[160];
  std::snprintf(text, sizeof text, "; of %ld probes it gave %.2f on average and gives %.2f, %.0f %% of the pairs stand in the same order",
                CountAt(*probes, "responses"), NumberAt(*probes, "before"), NumberAt(*probes, "after"), 100 * NumberAt(*probes, "order"));
  return line + text + "\n";
}

std::string GroupsLine(const Json& groups) {
  char text[240];
  std::snprintf(text, sizeof text,
                "language model: of %ld groups it joined %ld and described %ld (%ld were joined by their wording); of %ld rows that it was shown one by one it "
                "moved %ld\n",
                CountAt(groups, "before"), CountAt(groups, "joined_by_model"), CountAt(groups, "described"), CountAt(groups, "joined_by_wording"),
                CountAt(groups, "rows_asked"), CountAt(groups, "rows_moved"));
  return text;
}

std::string TrialRow(const Json& trial) {
  const Json* admitted = trial.Find("admitted");
  const bool yes = admitted != nullptr && admitted->is_bool() && admitted->boolean();
  const Json* params = trial.Find("params");
  const std::string shown = params != nullptr && params->is_object() && !params->object().empty() ? " " + Shorten(params->Dump(), kShownParams) : "";
  return "<tr class=\"" + std::string(yes ? "yes" : "no") + "\"><td>" + Escape(TextAt(trial, "tool") + shown) + "</td><td>" + (yes ? "admitted" : "refused") +
         "</td><td>" + Escape(TextAt(trial, "why")) + "</td></tr>\n";
}

}  // namespace

std::string ReportText(const Json& report) {
  std::string out = "library " + TextAt(report, "library_version") + " from " + TextAt(report, "data") + "\n" + Summary(report) + "\n\n";
  std::size_t task_width = 4, tool_width = 4;
  for (const Json& task : ListAt(report, "tasks")) {
    task_width = std::max(task_width, TextAt(task, "task").size());
    const Json* route = task.Find("route");
    if (route != nullptr && route->is_object()) tool_width = std::max(tool_width, RouteTools(*route).size());
  }
  tool_width = std::min<std::size_t>(tool_width, 60);
  out += Pad("task", task_width) + "   rows  " + Pad("tool", tool_width) + "  evidence\n";
  for (const Json& task : ListAt(report, "tasks")) {
    char rows[16];
    std::snprintf(rows, sizeof rows, "%7ld", CountAt(task, "rows"));
    out += Pad(TextAt(task, "task"), task_width) + rows + "  ";
    const Json* route = task.Find("route");
    if (route != nullptr && route->is_object()) {
      out += Pad(RouteTools(*route), tool_width) + "  " + TextAt(*route, "why") + "\n";
    } else {
      out += Pad("-", tool_width) + "  unserved: needs " + TextAt(task, "missing") + "\n";
    }
  }
  if (const Json* groups = report.Find("groups")) out += GroupsLine(*groups);
  for (const Json& task : ListAt(report, "tasks")) out += ScaleLine(task);
  for (const Json& guess : ListAt(report, "guessed_fields")) out += "guessed field: " + guess.string() + " (--map changes it)\n";
  return out;
}

std::string ReportHtml(const Json& report) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n"
      "<title>RLAR library " +
      Escape(TextAt(report, "library_version")) +
      "</title>\n<style>\n"
      "body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}\n"
      "table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}td,th{padding:.3rem .6rem;border-bottom:1px solid #ddd;"
      "text-align:left;vertical-align:top}.no{color:#777}.yes td:first-child{font-weight:600}summary{cursor:pointer}\n"
      ".missing{color:#a40}code{background:#f3f3f3;padding:0 .2rem}\n</style>\n<h1>Tool library</h1>\n<p>Version <code>" +
      Escape(TextAt(report, "library_version")) + "</code>, from " + Escape(TextAt(report, "data")) + ". " + Escape(Summary(report)) +
      ".</p>\n<table><tr><th>task</th><th>rows</th><th>tool</th><th>evidence</th></tr>\n";
  for (const Json& task : ListAt(report, "tasks")) {
    const Json* route = task.Find("route");
    const bool served = route != nullptr && route->is_object();
    out += "<tr><td>" + Escape(TextAt(task, "task")) + "</td><td>" + std::to_string(CountAt(task, "rows")) + "</td><td>" +
           (served ? Escape(RouteTools(*route)) : "–") + "</td><td" + (served ? ">" : " class=\"missing\">needs ") +
           Escape(served ? TextAt(*route, "why") : TextAt(task, "missing")) + "</td></tr>\n";
  }
  out += "</table>\n<h2>What was tried</h2>\n";
  for (const Json& task : ListAt(report, "tasks")) {
    out += "<details><summary>" + Escape(TextAt(task, "task")) + ": " + Escape(TextAt(task, "label")) +
           "</summary>\n<table><tr><th>tool</th><th>verdict</th><th>why</th></tr>\n";
    for (const Json& trial : ListAt(task, "trials")) out += TrialRow(trial);
    out += "</table></details>\n";
  }
  return out + "</html>\n";
}

}  // namespace rlar::cli
