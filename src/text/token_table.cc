#include "text/token_table.h"

#include <algorithm>
#include <bit>

namespace rlar {

TokenId TokenTable::Add(std::string_view word) {
  if (const TokenId id = Find(word)) return id;
  if (2 * (words_.size() + 1) > slots_.size()) Grow();
  words_.push_back({text_.size(), word.size()});
  text_ += word;
  const std::uint64_t hash = Hash(word);
  std::size_t i = hash & mask_;
  while (slots_[i].id != 0) i = (i + 1) & mask_;
  slots_[i] = {static_cast<std::uint32_t>(hash >> 32), static_cast<TokenId>(words_.size())};
  return slots_[i].id;
}

void TokenTable::Grow() {
  slots_.assign(std::max<std::size_t>(64, slots_.size() * 2), Slot{});
  mask_ = slots_.size() - 1;
  for (TokenId id = 1; id <= words_.size(); ++id) {
    const std::uint64_t hash = Hash(Word(id));
    std::size_t i = hash & mask_;
    while (slots_[i].id != 0) i = (i + 1) & mask_;
    slots_[i] = {static_cast<std::uint32_t>(hash >> 32), id};
  }
}

std::uint32_t NgramTrie::AddChild(std::uint32_t node, TokenId token) {
  if (const std::uint32_t child = Child(node, token)) return child;
  if (2 * (counts_.size() + 1) > slots_.size()) Resize(2 * slots_.size());
  const std::uint64_t key = Key(node, token);
  std::size_t i = Home(key);
  while (slots_[i].child != 0) i = (i + 1) & mask_;
  slots_[i] = {key, static_cast<std::uint32_t>(counts_.size())};
  counts_.push_back(0);
  return slots_[i].child;
}

void NgramTrie::Reserve(std::size_t tokens) {
  const std::size_t most = std::min(max_order_, tokens) * tokens;
  const std::size_t slots = std::bit_ceil(2 * (counts_.size() + most + 1));
  if (most < (std::size_t{1} << 20) && slots > slots_.size()) Resize(slots);
  counts_.reserve(counts_.size() + most);
}

// Precondition: a power of two.
void NgramTrie::Resize(std::size_t slots) {
  std::vector<Slot> old(slots);
  old.swap(slots_);
  mask_ = slots - 1;
  shift_ = 64 - std::countr_zero(slots);
  for (const Slot& slot : old) {
    if (slot.child == 0) continue;
    std::size_t i = Home(slot.key);
    while (slots_[i].child != 0) i = (i + 1) & mask_;
    slots_[i] = slot;
  }
}

void NgramTrie::Add(std::span<const TokenId> tokens) {
  std::vector<std::uint32_t> seen(std::max(counts_.size(), counts_.capacity()), 0);
  for (std::size_t start = 0; start < tokens.size(); ++start) {
    std::uint32_t node = 0;
    const std::size_t end = std::min(tokens.size(), start + max_order_);
    for (std::size_t i = start; i < end; ++i) {
      node = AddChild(node, tokens[i]);
      if (node >= seen.size()) seen.resize(std::max<std::size_t>(node + 1, 2 * seen.size()), 0);
      counts_[node] = std::max(counts_[node], ++seen[node]);
    }
  }
}

void NgramTrie::CountMatches(std::span<const TokenId> tokens, std::span<std::int64_t> matches) const {
  std::vector<std::uint32_t> left = counts_;
  for (std::size_t start = 0; start < tokens.size(); ++start) {
    std::uint32_t node = 0;
    const std::size_t order = std::min(tokens.size() - start, max_order_);
    for (std::size_t n = 0; n < order && tokens[start + n] != kUnknownToken; ++n) {
      node = Child(node, tokens[start + n]);
      if (node == 0) break;
      if (left[node] == 0) continue;
      --left[node];
      ++matches[n];
    }
  }
}

}  // namespace rlar
