#include "client/cli/map/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "client/cli/errors/command_error.h"

namespace forkmill::cli {

namespace {

[[noreturn]] void fail_spill(const char* what) {
  throw CommandError{ExitCode::failed,
                     std::string{"cannot "} + what + " the temporary file for --keep-order: " + std::strerror(errno),
                     "make room in TMPDIR, or run without --keep-order"};
}

void write_at(int file, std::uint64_t at, std::string_view text) {
  while (!text.empty()) {
    const auto wrote = ::pwrite(file, text.data(), text.size(), static_cast<off_t>(at));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) fail_spill("write");
    at += static_cast<std::uint64_t>(wrote);
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

std::string read_at(int file, std::uint64_t at, std::uint64_t bytes) {
  std::string text(bytes, '\0');
  for (std::uint64_t have = 0; have < bytes;) {
    const auto got = ::pread(file, text.data() + have, bytes - have, static_cast<off_t>(at + have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) fail_spill("read");
    have += static_cast<std::uint64_t>(got);
  }
  return text;
}

}  // namespace

void OutputSpill::open() {
  const char* folder = std::getenv("TMPDIR");  // NOLINT(concurrency-mt-unsafe): nothing here sets variables
  std::string path = std::string{folder != nullptr && *folder != '\0' ? folder : "/tmp"} + "/forkmill-map.XXXXXX";
  file_ = proto::Descriptor{::mkostemp(path.data(), O_CLOEXEC)};
  if (!file_.valid()) fail_spill("make");
  ::unlink(path.c_str());
}

void OutputSpill::store(Outcome& outcome) {
  const auto bytes = outcome.out.size() + outcome.err.size();
  in_memory_ += bytes;
  if (in_memory_ <= memory_) return;
  if (!file_.valid()) open();
  write_at(file_.get(), end_, outcome.out);
  write_at(file_.get(), end_ + outcome.out.size(), outcome.err);
  outcome.stored = Outcome::Stored{end_, outcome.out.size(), outcome.err.size()};
  end_ += bytes;
  in_memory_ -= bytes;
  ++stored_;
  std::string{}.swap(outcome.out);  // an assignment would keep the memory
  std::string{}.swap(outcome.err);
}

void OutputSpill::restore(Outcome& outcome) {
  if (!outcome.stored) {
    in_memory_ -= outcome.out.size() + outcome.err.size();
    return;
  }
  const auto at = *outcome.stored;
  outcome.out = read_at(file_.get(), at.offset, at.out_bytes);
  outcome.err = read_at(file_.get(), at.offset + at.out_bytes, at.err_bytes);
  outcome.stored.reset();
  if (--stored_ > 0) return;
  end_ = 0;
  (void)!::ftruncate(file_.get(), 0);
}

}  // namespace forkmill::cli
