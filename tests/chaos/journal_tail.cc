#include "tests/chaos/journal_tail.h"

#include <fstream>

namespace forkmill::chaos {

void JournalTail::read(const std::vector<std::string>& paths, const Take& take) {
  for (const std::string& path : paths) {
    std::ifstream file{path, std::ios::binary};
    std::streamoff& read = read_[path];
    file.seekg(read);
    // The last line has no end yet if that of the file comes with it.
    for (std::string line; std::getline(file, line) && !file.eof();
         read += static_cast<std::streamoff>(line.size()) + 1)
      take(path, line);
  }
}

}  // namespace forkmill::chaos
