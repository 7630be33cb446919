// Words to small integers, and the n-grams of integer sequences as a trie: what the n-gram metrics count with.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rlar {

using TokenId = std::uint32_t;
inline constexpr TokenId kUnknownToken = 0;  // ids of known tokens begin at 1

// A set of words with ids 1, 2, … in order of first appearance.
class TokenTable {
 public:
  // The word's id, a new one if it is not there.
  TokenId Add(std::string_view word);
  // The word's id, or kUnknownToken.
  TokenId Find(std::string_view word) const {
    if (slots_.empty()) return kUnknownToken;
    const std::uint64_t hash = Hash(word);
    for (std::size_t i = hash & mask_; slots_[i].id != 0; i = (i + 1) & mask_) {
      if (slots_[i].hash == static_cast<std::uint32_t>(hash >> 32) && Word(slots_[i].id) == word) return slots_[i].id;
    }
    return kUnknownToken;
  }
  std::size_t size() const { return words_.size(); }

  static std::uint64_t Hash(std::string_view word) {
    std::uint64_t h = word.size() * 0x9E3779B97F4A7C15u;
    const char* p = word.data();
    std::size_t n = word.size();
    for (; n >= 8; p += 8, n -= 8) {
      std::uint64_t chunk;
      std::memcpy(&chunk, p, 8);
      h = Mix(h ^ chunk);
    }
    std::uint64_t tail = 0;
    for (std::size_t i = 0; i < n; ++i) tail |= static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])) << (8 * i);
    return Mix(h ^ tail);
  }

 private:
  static std::uint64_t Mix(std::uint64_t x) {
    x *= 0xD6E8FEB86659FD93u;
    return x ^ (x >> 32) ^ (x >> 17);
  }
  void Grow();

  struct Slot {
    std::uint32_t hash = 0;
    TokenId id = 0;
  };
  struct Place {
    std::size_t begin = 0, size = 0;
  };
  std::string_view Word(TokenId id) const { return std::string_view(text_.data() + words_[id - 1].begin, words_[id - 1].size); }

  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  std::string text_;          // all words, one behind the other
  std::vector<Place> words_;  // by id
};

// The n-grams of orders 1 to max_order of some reference sequences; each counts as often as in the sequence that has it most.
class NgramTrie {
 public:
  // Precondition: max_order >= 1.
  explicit NgramTrie(std::size_t max_order) : max_order_(max_order) {}
  // Makes room for the n-grams of `tokens` more tokens at once.
  void Reserve(std::size_t tokens);
  // Adds one sequence. Precondition: no id is kUnknownToken.
  void Add(std::span<const TokenId> tokens);
  // Adds to matches[n-1] how many n-grams of `tokens` are in the trie, each at most as often as it counts there.
  // Precondition: matches.size() >= max_order.
  void CountMatches(std::span<const TokenId> tokens, std::span<std::int64_t> matches) const;

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t child = 0;
  };
  static std::uint64_t Key(std::uint32_t node, TokenId token) { return static_cast<std::uint64_t>(node) << 32 | token; }
  std::size_t Home(std::uint64_t key) const { return (key * 0x9E3779B97F4A7C15u) >> shift_; }
  // The child of `node` by `token`, or 0.
  std::uint32_t Child(std::uint32_t node, TokenId token) const {
    const std::uint64_t key = Key(node, token);
    std::size_t i = Home(key);
    while (slots_[i].child != 0 && slots_[i].key != key) i = (i + 1) & mask_;
    return slots_[i].child;
  }
  std::uint32_t AddChild(std::uint32_t node, TokenId token);
  void Resize(std::size_t slots);

  std::size_t max_order_;
  std::vector<Slot> slots_ = std::vector<Slot>(16);  // never full, so that a search ends
  std::size_t mask_ = 15;
  int shift_ = 60;
  std::vector<std::uint32_t> counts_ = {0};  // by node; node 0 is the root
};

}  // namespace rlar
