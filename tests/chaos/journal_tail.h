// JournalTail: reads on in journals that other programs are writing, each from where it ended last.
//
// Threads: one thread owns a tail. Errors: a journal that is not there yet, or that cannot be read, is empty.
#pragma once

#include <functional>
#include <ios>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace forkmill::chaos {

class JournalTail {
 public:
  using Take = std::function<void(const std::string& path, std::string_view line)>;

  // Gives `take` the lines that these journals have got since the last call, without their newlines, and with the
  // path of the journal. A line that is still being written is left for a later call.
  void read(const std::vector<std::string>& paths, const Take& take);

 private:
  std::map<std::string, std::streamoff> read_;  // bytes of each journal
};

}  // namespace forkmill::chaos
