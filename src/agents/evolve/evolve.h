// One round of evolution: what the server gathered becomes a new library version, or waits for more. Never runs on a scoring thread.
//
//   DIR/evolve/gathered.jsonl   rows that a server appends (rlar serve --gather)
//   DIR/evolve/pending.jsonl    rows taken from there that no version serves yet
//   DIR/evolve/status.json      counters and alarms of the server (docs/schemas/status.json)
#pragma once

#include <string>
#include <vector>

#include "agents/build.h"

namespace rlar {

struct EvolveJob {
  BuildJob build;              // its `data` is filled in
  std::size_t min_rows = 12;   // pending rows below which nothing is built
  double sick_failed = 0.2;    // a route whose share of failed queries is surely above this is taken out of use
  double gamed_rise = 0.2;     // and one whose second tool doubts it surely that much more often than it did
};

struct EvolveResult {
  std::string version;                // in force afterwards
  bool published = false;
  std::size_t pending = 0;            // rows that wait still
  std::vector<std::string> changes;   // sentences for people and the journal
};

// Safe to kill at any point: rows are moved before they are worked on and dropped only after a version that serves them is in force.
Result<EvolveResult> EvolveOnce(LibraryStore& store, EvolveJob job);

}  // namespace rlar
