// A temporary directory for the sockets and the data of one cluster. The destructor removes it.
#pragma once

#include <string>

#include "proto/os/descriptor.h"

namespace forkmill::cli {

class TempHome {
 public:
  // The directory for temporary files, or /tmp if the path of a socket would be too long there.
  static std::string default_parent();

  // Creates the directory in `parent`, and removes those of processes that were killed. Throws CommandError if the
  // directory cannot be created.
  explicit TempHome(const std::string& parent = default_parent());
  ~TempHome();
  TempHome(const TempHome&) = delete;
  TempHome& operator=(const TempHome&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  proto::Descriptor lock_;  // holds a lock as long as the directory is in use
};

}  // namespace forkmill::cli
