// Counts identifiers in files, one file a task (census.h).
#include <forkmill/worker.h>

#include "census.h"

int main(int argc, char** argv) {
  forkmill::Worker worker{argc, argv};
  worker.on(kCensus, [](const std::string& path) { return census::count_file(path); });
  return worker.run();
}
