// rlar_fuzz [--target NAME] [--runs N] [--seed S] [FILE…]: runs every target (or one) on N mutations of its seeds, or replays files.
// The text at fault is written to fuzz_crash.txt in the working directory.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>

#include "base/text.h"
#include "target.h"

// Sanitizers end with abort(), which the handler below sees.
extern "C" const char* __asan_default_options() { return "abort_on_error=1"; }
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1"; }

namespace {

using rlar::fuzz::Target;

const std::string* current_text = nullptr;

void KeepText(int signal) {
  const int file = open("fuzz_crash.txt", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (file >= 0 && current_text != nullptr) {
    const ssize_t written = write(file, current_text->data(), current_text->size());
    (void)written;
    close(file);
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

constexpr double kMostSeconds = 10;  // for one text, sanitizers included
const std::vector<std::string> kPieces = {"{",
                                          "}",
                                          "[",
                                          "]",
                                          "(",
                                          ")",
                                          "\"",
                                          "'",
                                          "\\",
                                          ",",
                                          ":",
                                          "\n",
                                          "\t",
                                          " ",
                                          "<think>",
                                          "</think>",
                                          "<answer>",
                                          "</answer>",
                                          "```",
                                          "\\boxed{",
                                          "$",
                                          "#",
                                          "0",
                                          "1",
                                          "-",
                                          "1e999",
                                          "99999999999999999999",
                                          ".",
                                          "/",
                                          "%",
                                          "not ",
                                          " or ",
                                          "null",
                                          "true",
                                          "$ref",
                                          "#/",
                                          "~1",
                                          "*",
                                          "?",
                                          "{1,3}",
                                          "(?=",
                                          "\\p{L}",
                                          "\\d",
                                          "\xE2\x80\x8B",
                                          "\xC3\xA9",
                                          "\xE4\xB8\xAD",
                                          "\xF0\x9F\x98\x80",
                                          "\xCC\x81",
                                          "\xEF\xBB\xBF",
                                          "SELECT ",
                                          " FROM t ",
                                          "--",
                                          ";",
                                          "|",
                                          "1776",
                                          "July 4, ",
                                          "II"};

std::string Valid(std::string text) {
  while (!rlar::IsValidUtf8(text)) {
    // Bytes that break the encoding become marks; halving finds them without knowing the decoder.
    for (char& c : text) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  return text;
}

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  std::string Make(const std::vector<std::string>& seeds) {
    std::string text = seeds[Below(seeds.size())];
    for (std::size_t rounds = Below(8); rounds > 0; --rounds) Once(text, seeds);
    if (text.size() > 20'000) text.resize(20'000);
    return Valid(std::move(text));
  }

 private:
  std::size_t Below(std::size_t n) { return n == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }

  void Once(std::string& text, const std::vector<std::string>& seeds) {
    const std::size_t at = Below(text.size() + 1), size = Below(std::min<std::size_t>(text.size() - at, 30) + 1);
    switch (Below(8)) {
      case 0: text.erase(at, size); break;
      case 1: text.insert(at, kPieces[Below(kPieces.size())]); break;
      case 2: text.insert(at, text.substr(at, size)); break;
      case 3: {
        const std::string& other = seeds[Below(seeds.size())];
        text = text.substr(0, at) + other.substr(Below(other.size() + 1));
        break;
      }
      case 4: {
        const std::string piece = kPieces[Below(kPieces.size())];
        std::string many;
        for (std::size_t i = Below(300); i > 0; --i) many += piece;
        text.insert(at, many);
        break;
      }
      case 5: text.resize(at); break;
      case 6:
        if (at < text.size()) text[at] = static_cast<char>(32 + Below(95));
        break;
      default:
        if (at + size <= text.size())
          std::shuffle(text.begin() + static_cast<std::ptrdiff_t>(at), text.begin() + static_cast<std::ptrdiff_t>(at + size), random_);
    }
  }

  std::mt19937_64 random_;
};

void RunOne(const Target& target, const std::string& text) {
  current_text = &text;
  const auto start = std::chrono::steady_clock::now();
  target.run(text);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (seconds > kMostSeconds) {
    std::cerr << target.name << ": " << seconds << " s for one text\n";
    std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  for (const int signal : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, KeepText);
  std::string only;
  std::size_t runs = 2000;
  std::uint64_t seed = 1;
  std::vector<std::string> files;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (i + 1 < argc && arg == "--target")
      only = argv[++i];
    else if (i + 1 < argc && arg == "--runs")
      runs = std::stoul(argv[++i]);
    else if (i + 1 < argc && arg == "--seed")
      seed = std::stoull(argv[++i]);
    else
      files.push_back(arg);
  }
  std::vector<const Target*> targets;
  for (const auto list : {rlar::fuzz::ParserTargets(), rlar::fuzz::MetricTargets(), rlar::fuzz::VerifierTargets(), rlar::fuzz::MathematicsTargets()}) {
    for (const Target& target : list) {
      if (only.empty() || only == target.name) targets.push_back(&target);
    }
  }
  if (targets.empty()) return std::cerr << "no target called '" << only << "'\n", 2;
  for (const Target* target : targets) {
    for (const std::string& path : files) {
      std::ifstream file(path, std::ios::binary);
      std::ostringstream content;
      content << file.rdbuf();
      RunOne(*target, Valid(content.str()));
    }
    if (!files.empty()) continue;
    for (const std::string& text : target->seeds) RunOne(*target, Valid(text));
    Mutator mutator(seed);
    for (std::size_t i = 0; i < runs; ++i) RunOne(*target, mutator.Make(target->seeds));
    std::cout << target->name << ": " << runs << " texts" << std::endl;
  }
  return 0;
}
