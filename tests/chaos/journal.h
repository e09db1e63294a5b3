// Journal: what one program of the ring saw and did, one line each. A line is written at once and by one call, so that
// a kill -9 costs the line that is being written and no other. A line has the time, in microseconds of the machine's
// monotonic clock, which all programs of the ring share, then words: what happened, and the particulars.
//
//   clients
//     S future id task options…          is about to submit a task
//     H future id                        attaches to a task
//     A future                           has seen the task accepted
//     T future kind code attempt value   has seen the future end
//     c id / C id state                  cancels a task / the answer
//     o … / O …                          an operation on a named object / its answer
//     g object written count             wrote the file that a lock guards; or "refused"
//     x opening code                     could not open an object, or read a cell
//     Q                                  has seen the end of all that it asked for
//   handlers
//     B id token worker                  starts
//     E id token                         is about to return
//   the ring
//     R                                  starts a broker
//     K worker from to                   that worker is unreachable
//     D life                             that life of a client was killed, or failed
//     J                                  sets the wall clock
//     F fault                            begins or ends a fault
//
// Threads: any thread may call append(). Errors: std::runtime_error if the file can not be opened. A failed write
// aborts the program.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "proto/os/descriptor.h"

namespace forkmill::chaos {

// Returns microseconds of the monotonic clock. Nothing that the ring does to clocks moves it.
std::int64_t now_us();

class Journal {
 public:
  explicit Journal(const std::string& path);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  void append(std::string_view words) { append(now_us(), words); }
  void append(std::int64_t when, std::string_view words);
  // Appends complete lines, as line() makes them.
  void append_lines(std::string_view lines);
  // Returns a line with its time and its newline.
  static std::string line(std::int64_t when, std::string_view words);

 private:
  proto::Descriptor file_;
};

// A line that was read. Its views are valid as long as its Journals.
struct Entry {
  std::int64_t when = 0;
  std::uint32_t source = 0;  // number of the journal that it is from
  std::string_view words;    // all after the time
  std::vector<std::string_view> split() const;
};

// All entries of a folder's journals (*.journal) in order of time. An incomplete line at the end of a file is left out.
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

// Returns 17 for "17", and 0 for a word that is no number.
std::int64_t number_in(std::string_view word);

}  // namespace forkmill::chaos
