// Ten files, written by ten processes.
#include <forkmill/local.h>
#include <forkmill/process.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/examples/toolkit/example.h"

namespace {

namespace fs = std::filesystem;

constexpr int kFiles = 10;

constexpr forkmill::Task<void(std::string, int)> kWrite{"write"};

void write(const std::string& path, int number) {
  std::ofstream file{path};
  file << "file " << number << " by process " << ::getpid() << "\n";
  if (!file.flush()) throw std::runtime_error{"cannot write " + path};
}
const forkmill::Registered kWriteHere{kWrite, write};

}  // namespace

int main(int argc, char** argv) {
  forkmill::local_main(argc, argv);
  std::string folder = (fs::temp_directory_path() / "forkmill-ten-files.XXXXXX").string();
  check(::mkdtemp(folder.data()) != nullptr, "a folder can be made");
  const auto path = [&](int number) { return folder + "/" + std::to_string(number) + ".txt"; };

  std::vector<forkmill::Process> writers;
  for (int i = 0; i < kFiles; ++i) writers.emplace_back(kWrite, path(i), i).start();
  join_all(writers);

  std::set<std::string> writers_seen;
  for (int i = 0; i < kFiles; ++i) {
    std::ifstream file{path(i)};
    std::string line;
    std::getline(file, line);
    std::cout << fs::path{path(i)}.filename().string() << ": " << line << "\n";
    const auto pid = std::to_string(*writers[static_cast<std::size_t>(i)].pid());
    check(line == "file " + std::to_string(i) + " by process " + pid, "each process wrote its own file");
    writers_seen.insert(pid);
  }
  fs::remove_all(folder);
  check(writers_seen.size() == kFiles, "ten processes wrote them");
}
