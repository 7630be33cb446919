// Micro-batching in front of a ModelBackend: items of many callers are asked for together, equal items once.
//
// A caller's items join a bounded queue; a thread takes up to max_batch of them, at once where the backend is idle (a batch grows while
// the one before it runs: no caller waits for a timer). An item that is in flight already is not asked for again, one that nobody waits for any
// more not at all. Where a batch cannot be read or will never be taken, its items are asked for one by one: only the culprit fails. After `trips` failed
// batches in a row the backend is left alone for `cool_down`: callers are refused at once, and other backends are not slowed.
#pragma once

#include <chrono>
#include <memory>

#include "tools/reward_model/backend.h"

namespace rlar {

struct BatcherOptions {
  std::size_t max_waiting = 8192;              // items; more are refused (overloaded), but for one caller's alone
  std::size_t concurrency = 2;                 // batches at once
  int tries = 3;                               // of one batch, over unavailable and overloaded
  std::chrono::milliseconds first_pause{100};  // before the second try; doubled each time
  int trips = 3;
  std::chrono::milliseconds cool_down{5'000};
  std::chrono::milliseconds timeout{60'000};  // of one try
};

// Thread-safe. Score blocks until every item has its answer or the deadline passes; what was asked goes on for other callers.
std::unique_ptr<ModelClient> MakeBatcher(std::unique_ptr<ModelBackend> inner, BatcherOptions options);

}  // namespace rlar
