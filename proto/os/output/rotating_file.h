// RotatingFile: a log file of limited size. A file of the maximum size becomes FILE.1, FILE.1 becomes FILE.2, and so
// on; the oldest one is removed. A file that another program (logrotate) has moved away is made again within a second,
// or at once after follow(). Several processes may write to one file, each with an object of its own: one of them moves
// it. A file that cannot be moved away, say because the folder is not writable, grows on, so that no text is lost.
//
// Files are made with the mode of the options, less the umask, and are not written through a symbolic link, nor if they
// are pipes or devices. One thread uses an object; a fork may go on with its copy.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "proto/clock.h"
#include "proto/os/descriptor.h"
#include "proto/status.h"

namespace forkmill::proto {

class RotatingFile {
 public:
  struct Options {
    std::string path;
    std::uint64_t max_bytes = 0;  // maximum size; a text that is larger has a file of its own
    std::uint64_t files = 1;      // maximum number, with the one that is written
    mode_t mode = 0600;
  };
  explicit RotatingFile(Options options) : options_{std::move(options)} {}

  // Opens the file before the first write(), for a program that is to end if that cannot be done.
  Status open();
  // Appends the text, which consists of whole lines, and opens the file for that if need be. What could be written of
  // it before a failure stays; the next text begins with a new line.
  Status write(std::string_view text, Instant now);
  // Returns why the file could not be moved away and has grown beyond its size: once for each time of trouble. Empty:
  // there is nothing to tell.
  std::string take_warning() { return std::exchange(warning_, {}); }
  // Has the next write() look for the file at its path.
  void follow() { looked_at_ = kNever; }

 private:
  // Opens the file again if another one, or none, has its name.
  Status follow_path(Instant now);
  bool has_its_name() const;
  // Moves the file away, unless another process does, and opens a new one.
  Status make_room(std::size_t bytes, Instant now);
  Status rotate(Instant now);
  // Moves it away, and the files before it.
  Status move_away() const;
  Status append(std::string_view text);

  Options options_;
  Descriptor file_;
  pid_t opened_by_ = 0;
  bool is_torn_ = false;  // the last line in the file lacks its end
  Instant looked_at_ = kNever;
  Instant failed_at_ = kNever;  // when the file could not be moved away; kNever: it could
  std::string warning_;
};

}  // namespace forkmill::proto
