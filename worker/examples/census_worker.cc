// Counts identifiers in files (census.h). The counts of several files are merged here.
#include <forkmill/worker.h>

#include "census.h"

int main(int argc, char** argv) {
  forkmill::Worker worker{argc, argv};
  worker.on(kCensus, census::count_file, census::merge);
  return worker.run();
}
