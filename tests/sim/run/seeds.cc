#include "tests/sim/run/seeds.h"

#include <cstdio>

#include "tests/sim/run/cluster.h"
#include "tests/sim/run/jobs.h"

namespace forkmill::sim {

namespace {

using Number = unsigned long long;

constexpr std::uint64_t kSayEach = 10'000;

// The share of one process: each n-th seed.
struct Share {
  std::uint64_t seed;  // the seed under way
  std::uint64_t failed;
  Counts counts;
};

Share sum(const SeedRange& range, const SharedRows<Share>& shares) {
  Share all{};
  for (std::size_t i = 0; i < range.jobs; ++i) {
    all.failed += shares[i].failed;
    all.counts += shares[i].counts;
  }
  return all;
}

// Runs one seed. False: the seed failed, and the failure was printed.
bool run_one(const SeedRange& range, std::uint64_t seed, bool again, Counts& total) {
  const bool verbose = range.verbose;
  const Options options = range.sharded ? draw_sharded(seed) : draw(seed);
  if (verbose) std::printf("seed %llu\n%s", Number{seed}, to_string(options).c_str());
  Report report = simulate(options, verbose);
  total += report.counts;
  // A verbose run also traces messages to lost connections, so its trace is another one.
  if (report.violation.empty() && again && !verbose && simulate(options, false).trace != report.trace)
    report.violation = "invariant 15: two runs of this seed differ";
  if (!report.violation.empty()) {
    std::printf("seed %llu FAILED: %s\n%s", Number{seed}, report.violation.c_str(), to_string(options).c_str());
    std::fflush(stdout);
    return false;
  }
  if (verbose) {
    std::printf("seed %llu: trace %016llx, %llu events in %.1f s of virtual time\n", Number{seed}, Number{report.trace},
                Number{report.events}, static_cast<double>(report.virtual_time.count()) / 1e6);
  }
  return true;
}

// Runs the seeds of one share. The progress lines count the failures of other shares a little late.
void run_share(const SeedRange& range, const SharedRows<Share>& shares, Share& share) {
  for (; share.seed < range.first + range.count; share.seed += range.jobs) {
    const std::uint64_t done = share.seed - range.first;
    if (done > 0 && done % kSayEach == 0)
      std::fprintf(stderr, "%llu of %llu seeds, %llu failed\n", Number{done}, Number{range.count},
                   Number{sum(range, shares).failed});
    const bool again = range.twice != 0 && done % range.twice == 0;
    if (!run_one(range, share.seed, again, share.counts)) ++share.failed;
  }
}

void print(const SeedRange& range, const Share& all, double cpu) {
  const Counts& total = all.counts;
  std::printf(
      "%llu seeds, %llu failed; %llu tasks: %llu acknowledged, %llu succeeded, %llu failed, %llu unknown, %llu lost; "
      "%llu executions, %llu of them repeated; %.0f seeds and %.0f tasks per CPU second\n",
      Number{range.count}, Number{all.failed}, Number{total.submitted}, Number{total.acknowledged},
      Number{total.succeeded}, Number{total.failed}, Number{total.unknown}, Number{total.lost},
      Number{total.executions}, Number{total.repeated}, static_cast<double>(range.count) / cpu,
      static_cast<double>(total.submitted) / cpu);
}

}  // namespace

bool run_seeds(const SeedRange& range) {
  const double began = cpu_seconds();
  const SharedRows<Share> shares{range.jobs};
  for (std::size_t i = 0; i < range.jobs; ++i) shares[i].seed = range.first + i;
  if (range.verbose && range.jobs == 1) {
    run_share(range, shares, shares[0]);
  } else {
    run_forked(
        range.jobs, range.jobs, [&](std::size_t i) { run_share(range, shares, shares[i]); },
        [&](std::size_t i, int signal) {
          std::printf("seed %llu FAILED: its process ended by signal %d; replay it with --seed\n",
                      Number{shares[i].seed}, signal);
          ++shares[i].failed;
          shares[i].seed += range.jobs;
          return true;
        });
  }
  const Share all = sum(range, shares);
  print(range, all, cpu_seconds() - began);
  return all.failed == 0;
}

}  // namespace forkmill::sim
