// A folder for the sockets and the data of one cluster, removed at the end.
#pragma once

#include <string>

namespace forkmill::cli {

class TempHome {
 public:
  // Removes those that were left behind as well: a process that is killed cannot do it itself. Throws CommandError.
  TempHome();
  ~TempHome();
  TempHome(const TempHome&) = delete;
  TempHome& operator=(const TempHome&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
  int lock_ = -1;  // held for as long as the folder is in use
};

}  // namespace forkmill::cli
