// Answer extraction: where in a free-form response the answer stands. One component, shared by every verifier that needs it.
//
// Everything here returns views into the caller's text, works in time linear in it, and keeps nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rlar {

// The response after its reasoning: what follows the last `</think>` (or `</reasoning>`, `</thinking>`); the whole text where
// there is no such tag; empty where a reasoning tag is opened and never closed. White space at both ends is kept.
std::string_view AfterReasoning(std::string_view response);

// How the answer was found, strongest evidence first.
enum class ExtractMethod {
  kNone,        // nothing found
  kBoxed,       // \boxed{…} or \fbox{…}: the last; neighbours joined by nothing but "and", commas or blanks belong to it
  kAnswerTag,   // <answer>…</answer>: the last
  kHash,        // #### 42: the last
  kJson,        // the response is a JSON object with a member answer or final_answer
  kPhrase,      // "the final answer is …", "Answer: …" and the like in about twenty languages: the last
  kFence,       // a fenced block that ends the response, for a text that is wanted
  kBold,        // **73**: the last, if no number follows it
  kLastMath,    // the last $…$, \(…\) or \[…\]
  kLastNumber,  // the last number that is not part of a word
  kWhole,       // the whole response
};
std::string_view Name(ExtractMethod method);  // "boxed", "answer_tag", "hash", …

struct ExtractOptions {
  enum class From { kAuto, kNone, kBoxed } from = From::kAuto;   // the parameter `extract`
  enum class Want { kMath, kNumber, kText } want = Want::kMath;  // what the verifier can read
};
// The parameter's value ("auto" | "none" | "boxed") as an enumerator; kAuto for anything else.
ExtractOptions::From ExtractFrom(std::string_view name);

struct Extraction {
  ExtractMethod method = ExtractMethod::kNone;
  std::string_view text;  // trimmed; a view into the response; empty for kJson
  std::size_t begin = 0;  // byte span in the response
  std::size_t end = 0;
  bool several_boxes = false;  // boxes with different contents elsewhere in the response; the last one counts
  bool negated = false;        // what stands before the answer denies it ("not 42")
  bool listed = false;         // the number is the last of a list or a choice ("41 or 42")
  std::string_view last_box;   // of several joined boxes the last one's content, if no "or" joins them
  std::string owned;           // kJson: the member's value

  bool found() const { return method != ExtractMethod::kNone; }
  std::string_view answer() const { return method == ExtractMethod::kJson ? std::string_view(owned) : text; }
  // "extracted '42' (boxed)", cut to a readable length.
  std::string Describe() const;
};

// Precondition: `response` is valid UTF-8. Only text after the reasoning counts.
Extraction ExtractAnswer(std::string_view response, const ExtractOptions& options);

}  // namespace rlar
