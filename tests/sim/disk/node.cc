#include "tests/sim/disk/node.h"

#include <algorithm>
#include <utility>

namespace forkmill::sim {

namespace {

void put_at(std::string& bytes, std::uint64_t at, std::string_view piece) {
  if (bytes.size() < at + piece.size()) bytes.resize(at + piece.size(), '\0');
  bytes.replace(at, piece.size(), piece);
}

}  // namespace

void DiskNode::write(std::uint64_t at, std::string_view bytes) {
  put_at(now_, at, bytes);
  unsafe_.push_back({at, std::string{bytes}, false});
}

void DiskNode::truncate(std::uint64_t size) {
  now_.resize(size, '\0');
  unsafe_.push_back({size, {}, true});
}

void DiskNode::make_safe(const Change& change) {
  if (change.truncation)
    safe_.resize(change.at, '\0');
  else
    put_at(safe_, change.at, change.bytes);
}

void DiskNode::sync(bool effective) {
  ++syncs_;
  if (!effective) return;
  for (const Change& change : std::exchange(unsafe_, {})) make_safe(change);
}

void DiskNode::fail_sync(Random& random, bool forgets) {
  for (const Change& change : std::exchange(unsafe_, {}))
    if (random.chance(0.5)) make_safe(change);
  if (forgets) now_ = safe_;
}

void DiskNode::lose_power(Random& random, double keep, std::uint64_t unit) {
  for (const Change& change : std::exchange(unsafe_, {})) {
    if (!change.truncation)
      tear(random, change, keep, unit);
    else if (random.chance(keep))
      safe_.resize(change.at, '\0');
  }
  now_ = safe_;
}

void DiskNode::tear(Random& random, const Change& write, double keep, std::uint64_t unit) {
  const std::uint64_t end = write.at + write.bytes.size();
  for (std::uint64_t from = write.at; from < end;) {
    const std::uint64_t to = std::min(end, (from / unit + 1) * unit);
    if (random.chance(keep))
      put_at(safe_, from, std::string_view{write.bytes}.substr(from - write.at, to - from));
    else if (to > safe_.size() && random.chance(keep / 2))
      safe_.resize(to, random.chance(0.5) ? '\0' : '\xA5');  // the size was safe, the bytes were not
    from = to;
  }
}

void DiskNode::flip(std::uint64_t bit) {
  for (std::string* bytes : {&now_, &safe_})
    if (bit / 8 < bytes->size()) (*bytes)[bit / 8] = static_cast<char>((*bytes)[bit / 8] ^ (1 << bit % 8));
}

void DiskNode::cut_short(std::uint64_t size) {
  now_.resize(std::min<std::uint64_t>(size, now_.size()));
  safe_ = now_;
  unsafe_.clear();
}

void DiskNode::overwrite(std::uint64_t at, std::string_view bytes) {
  put_at(now_, at, bytes);
  put_at(safe_, at, bytes);
}

}  // namespace forkmill::sim
