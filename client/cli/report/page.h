// The page of a report: HTML without scripts and without anything to load, for browsers and for mail. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/report/figures.h"

namespace forkmill::cli {

struct ReportFacts {
  std::string title{};
  std::int64_t from_ms = 0;  // unix time
  std::int64_t to_ms = 0;
  std::vector<std::pair<std::string, std::string>> about{};  // facts about the cluster or the run
  std::vector<TaskFacts> tasks{};
  bool is_cut = false;  // there are older tasks, which `tasks` lacks
};

std::string report_page(const ReportFacts& facts);

// Returns the text with escapes for what HTML would take for markup, and for control characters.
std::string html_text(const std::string& text);

}  // namespace forkmill::cli
