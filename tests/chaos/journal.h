// Journal: what one program of the ring saw and did, a line each, written at once and by one call, so that a kill -9
// costs the line that is being written and no other. A line: microseconds of the machine's monotonic clock, which all
// programs of the ring share, then words: what happened, and the particulars.
//
//   clients                                         handlers
//     S future id task options…   about to submit     B id token worker   begins
//     H future id                 attaches            E id token          is about to return
//     A future                    accepted          the ring
//     T future kind code attempt value   ended        K worker from to    that worker was out of reach
//     c id / C id state           cancels / answer    R                   a broker is started
//     o / O                       an operation of a named object / its answer
//     Q                           has seen the end of all that it asked for
//
// Thread safety: append() may be called by any thread. Errors: std::runtime_error when the file cannot be opened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/transport/descriptor.h"

namespace forkmill::chaos {

// Microseconds; not moved by anything that the ring does to clocks.
std::int64_t now_us();

class Journal {
 public:
  explicit Journal(const std::string& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void append(std::string_view words) { append(now_us(), words); }
  void append(std::int64_t when, std::string_view words);
  // Lines that are complete, with their times and ends.
  void append_lines(std::string_view lines);
  // One of those.
  static std::string line(std::int64_t when, std::string_view words);

 private:
  proto::Descriptor file_;
};

// A line as it is read.
struct Entry {
  std::int64_t when = 0;
  std::uint32_t source = 0;  // the journal it is from
  std::string_view words;    // all after the time
  // The words one by one.
  std::vector<std::string_view> split() const;
};

// The journals of a folder (*.journal), all entries in order of time. Half a line at an end is left out.
class Journals {
 public:
  explicit Journals(const std::string& folder);
  const std::vector<Entry>& entries() const { return entries_; }
  const std::string& name(std::uint32_t source) const { return names_[source]; }
  std::size_t sources() const { return names_.size(); }

 private:
  void read(const std::string& path);
  std::vector<std::string> names_;
  std::vector<std::string> texts_;
  std::vector<Entry> entries_;
};

// "17" → 17; 0 for what is no number.
std::int64_t number_in(std::string_view word);

}  // namespace forkmill::chaos
