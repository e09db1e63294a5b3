// A folder for the sockets and the data of one cluster, removed at the end.
#pragma once

#include <string>

#include "proto/transport/descriptor.h"

namespace forkmill::cli {

class TempHome {
 public:
  // In the folder for temporary files, or in /tmp when the path of a socket would get too long there.
  static std::string usual_parent();

  // Removes those that were left behind as well: a process that is killed cannot do it itself. Throws CommandError.
  explicit TempHome(const std::string& parent = usual_parent());
  ~TempHome();
  TempHome(const TempHome&) = delete;
  TempHome& operator=(const TempHome&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  proto::Descriptor lock_;  // held for as long as the folder is in use
};

}  // namespace forkmill::cli
