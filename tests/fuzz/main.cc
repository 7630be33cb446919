// rlar_fuzz TARGET [--runs N] [--seed N] [--from N] [FILE…]
//
// Mutates the target's seeds at random, the same way for the same seed, or replays files. A crash prints which run it
// was and its input; `--seed S --from RUN --runs 1` repeats it.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <vector>

#include "fuzz/fuzz.h"

extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

std::string g_input;
std::uint64_t g_seed = 1, g_run = 0;

void Report() {
  std::fprintf(stderr, "\nseed %llu, run %llu, input (%zu bytes): ", static_cast<unsigned long long>(g_seed),
               static_cast<unsigned long long>(g_run), g_input.size());
  for (const char c : g_input) {
    if (c >= 0x20 && c < 0x7F && c != '\\')
      std::fputc(c, stderr);
    else
      std::fprintf(stderr, "\\x%02x", static_cast<unsigned char>(c));
  }
  std::fputc('\n', stderr);
}

void OnSignal(int signal) {
  Report();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

constexpr const char* kPieces[] = {"{",
                                   "}",
                                   "(",
                                   ")",
                                   "[",
                                   "]",
                                   "\\",
                                   "$",
                                   "^",
                                   "_",
                                   "-",
                                   "+",
                                   "/",
                                   "*",
                                   "=",
                                   "<",
                                   ",",
                                   ";",
                                   ":",
                                   "|",
                                   ".",
                                   "!",
                                   "%",
                                   "&",
                                   "\n",
                                   "\n\n",
                                   " ",
                                   "\"",
                                   "'",
                                   "0",
                                   "9",
                                   "10",
                                   "x",
                                   "e",
                                   "\\frac",
                                   "\\sqrt",
                                   "\\boxed{",
                                   "\\text{",
                                   "\\le",
                                   "\\cup",
                                   "\\begin{matrix}",
                                   "\\\\",
                                   "e99",
                                   "**",
                                   "***",
                                   "- ",
                                   "é",
                                   "日本",
                                   "😀",
                                   "\u200b",
                                   "²",
                                   "<think>",
                                   "</think>",
                                   "answer is",
                                   "null",
                                   "[]",
                                   "-1",
                                   "1e9",
                                   "\t",
                                   "Mr.",
                                   "...",
                                   "?!"};

std::string Mutated(const rlar::fuzz::Target& target, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % (n == 0 ? 1 : n)); };
  std::string text(target.seeds[below(target.seeds.size())]);
  for (std::size_t changes = 1 + below(8); changes > 0; --changes) {
    const std::size_t at = below(text.size() + 1), size = below(std::min<std::size_t>(text.size() - at, 12) + 1);
    switch (below(7)) {
      case 0: text.erase(at, size); break;
      case 1: text.insert(at, kPieces[below(std::size(kPieces))]); break;
      case 2: text.insert(below(text.size() + 1), text.substr(at, size)); break;
      case 3: {
        const std::string_view other = target.seeds[below(target.seeds.size())];
        const std::size_t from = below(other.size());
        text.insert(at, other.substr(from, below(20)));
        break;
      }
      case 4:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 5: {
        const std::string part = text.substr(at, size);
        for (std::size_t k = below(40); k > 0 && text.size() < 4'000; --k) text.insert(at, part);
        break;
      }
      default: text.replace(at, size, kPieces[below(std::size(kPieces))]); break;
    }
  }
  return text;
}

int Usage() {
  std::cerr << "usage: rlar_fuzz TARGET [--runs N] [--seed N] [--from N] [--trace] [FILE...]; targets:";
  for (const auto& target : rlar::fuzz::Targets()) std::cerr << " " << target.name;
  std::cerr << "\n";
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  const rlar::fuzz::Target* target = nullptr;
  for (const auto& one : rlar::fuzz::Targets()) {
    if (argc > 1 && one.name == argv[1]) target = &one;
  }
  if (target == nullptr) return Usage();
  std::uint64_t runs = 10'000, from = 0;
  bool trace = false;
  std::vector<std::string> files;
  for (int i = 2; i < argc; ++i) {
    const std::string option = argv[i];
    std::uint64_t* const value = option == "--runs"   ? &runs
                                 : option == "--seed" ? &g_seed
                                 : option == "--from" ? &from
                                                      : nullptr;
    if (option == "--trace")
      trace = true;
    else if (value == nullptr)
      files.push_back(option);
    else if (++i < argc)
      *value = std::strtoull(argv[i], nullptr, 10);
    else
      return Usage();
  }
  for (const int signal : {SIGSEGV, SIGABRT, SIGFPE, SIGILL}) std::signal(signal, OnSignal);
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(Report);
  for (const std::string& name : files) {
    std::ifstream file(name, std::ios::binary);
    if (!file) return std::cerr << "cannot read " << name << "\n", 2;
    std::ostringstream content;
    content << file.rdbuf();
    g_input = content.str();
    target->run(g_input);
  }
  if (!files.empty()) return 0;
  for (g_run = from; g_run < from + runs; ++g_run) {
    std::mt19937_64 random(g_seed * 1'000'003 + g_run);
    g_input = Mutated(*target, random);
    if (trace) std::fprintf(stderr, "run %llu\n", static_cast<unsigned long long>(g_run));
    target->run(g_input);
  }
  std::cout << target->name << ": " << runs << " runs\n";
}
