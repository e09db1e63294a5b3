#include "tests/sim/disk/disk.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

#include "proto/check.h"
#include "tests/sim/disk/vfs.h"

namespace forkmill::sim {

namespace {

std::string apply_at(std::string bytes, std::uint64_t at, std::string_view piece) {
  if (bytes.size() < at + piece.size()) bytes.resize(at + piece.size(), '\0');
  bytes.replace(at, piece.size(), piece);
  return bytes;
}

void put_at(std::string& bytes, std::uint64_t at, std::string_view piece) {
  bytes = apply_at(std::move(bytes), at, piece);
}

bool inside(const std::string& path, const std::string& directory) { return broker::parent_of(path) == directory; }

}  // namespace

class Disk::Handle final : public DiskFile {
 public:
  Handle(Disk& disk, std::string path, std::shared_ptr<Node> node)
      : disk_{disk}, path_{std::move(path)}, node_{std::move(node)}, process_{disk.process_} {}
  ~Handle() override {
    if (node_->locked_by == this) node_->locked_by = nullptr;
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  std::optional<std::size_t> read(std::uint64_t at, std::span<char> to) override {
    if (!may("read", at, disk_.errors.read)) return std::nullopt;
    const std::string& bytes = node_->now;
    const std::size_t size = at >= bytes.size() ? 0 : std::min<std::size_t>(to.size(), bytes.size() - at);
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(size == 0 ? 0 : at), size, to.begin());
    return size;
  }
  bool write(std::uint64_t at, std::string_view bytes) override {
    const std::uint64_t end = at + bytes.size();
    const bool dead = process_ != disk_.process_ || disk_.stopped_;
    const bool allowed = may("write", at, disk_.errors.write);
    if (dead) return false;
    std::string_view done = allowed ? bytes : bytes.substr(0, disk_.random_.below(bytes.size() + 1));
    int error = allowed ? 0 : EIO;
    const std::uint64_t growth = end > node_->now.size() ? end - node_->now.size() : 0;
    const std::uint64_t room = disk_.manners_.capacity - std::min(disk_.manners_.capacity, disk_.used());
    if (allowed && growth > room) {
      done = bytes.substr(0, bytes.size() - std::min<std::uint64_t>(bytes.size(), growth - room));
      error = ENOSPC;
      ++disk_.failed_;
    }
    if (!done.empty() && !(node_->syncs > 1 && meant(disk_.lies.writes_to, path_))) disk_.write(*node_, at, done);
    errno = error;
    return error == 0;
  }
  bool truncate(std::uint64_t size) override {
    if (!may("truncate", size, disk_.errors.write)) return false;
    disk_.truncate(*node_, size);
    return true;
  }
  bool sync() override {
    if (process_ != disk_.process_) return may("sync", 0, 0);
    return disk_.sync_node(*node_, path_);
  }
  bool lock() override {
    if (!may("lock", 0, 0)) return false;
    if (node_->locked_by != nullptr && node_->locked_by != this) {
      errno = EWOULDBLOCK;
      return false;
    }
    node_->locked_by = this;
    return true;
  }
  std::uint64_t size() const override { return node_->now.size(); }

 private:
  bool may(const char* what, std::uint64_t number, double chance) {
    if (process_ == disk_.process_) return disk_.may(what, path_, number, chance);
    errno = EIO;
    return false;
  }

  Disk& disk_;
  std::string path_;
  std::shared_ptr<Node> node_;
  std::uint64_t process_;
};

Disk::Disk(std::uint64_t seed, DiskManners manners)
    : random_{seed}, manners_{manners}, vfs_{std::make_unique<Vfs>(*this)} {
  auto top = std::make_shared<Node>();
  top->directory = true;
  now_["/"] = safe_["/"] = top;
}

Disk::~Disk() = default;

const char* Disk::vfs() const { return vfs_->name(); }

void Disk::note(const char* what, const std::string& path, std::uint64_t number, bool went_well) {
  const auto fold = [this](std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001B3ULL + (hash_ >> 29); };
  fold(static_cast<std::uint64_t>(what[0]) << 8 | static_cast<std::uint64_t>(what[1]));
  fold(path.size());
  fold(number);
  fold(went_well ? 1 : 2);
  if (!verbose_) return;
  std::printf("    disk: %s %s %llu%s\n", what, path.c_str(), static_cast<unsigned long long>(number),
              went_well  ? ""
              : stopped_ ? ": no answer"
                         : ": fails");
}

// Whether an operation is carried out; if not, errno says EIO.
bool Disk::may(const char* what, const std::string& path, std::uint64_t number, double chance) {
  ++operations_;
  if (!stopped_ && fuse_ > 0 && --fuse_ == 0) stopped_ = true;
  const bool unlucky = !stopped_ && chance > 0 && random_.chance(chance);
  if (unlucky) ++failed_;
  note(what, path, number, !stopped_ && !unlucky);
  errno = EIO;
  return !stopped_ && !unlucky;
}

bool Disk::meant(const std::string& suffix, const std::string& path) {
  return !suffix.empty() && path.ends_with(suffix);
}

void Disk::write(Node& node, std::uint64_t at, std::string_view bytes) {
  put_at(node.now, at, bytes);
  node.unsafe.push_back({at, std::string{bytes}, false});
}

void Disk::truncate(Node& node, std::uint64_t size) {
  node.now.resize(size, '\0');
  node.unsafe.push_back({size, {}, true});
}

bool Disk::sync_node(Node& node, const std::string& path) {
  const bool told_to_fail = meant(failing_, path);
  if (told_to_fail) failing_.clear();
  if (!may("sync", path, node.unsafe.size(), told_to_fail ? 1 : errors.sync)) {
    if (!stopped_) fail_sync(node);
    errno = EIO;
    return false;
  }
  ++node.syncs;
  if (meant(lies.sync_of, path)) return true;
  for (Change& change : node.unsafe) {
    if (change.truncation)
      node.safe.resize(change.at, '\0');
    else
      put_at(node.safe, change.at, change.bytes);
  }
  node.unsafe.clear();
  if (manners_.sync_takes_name) make_name_safe(path);
  return true;
}

// Some of it reached the disk; of the rest nobody knows any more that it has not.
void Disk::fail_sync(Node& node) {
  for (Change& change : node.unsafe) {
    if (!random_.chance(0.5)) continue;
    if (change.truncation)
      node.safe.resize(change.at, '\0');
    else
      put_at(node.safe, change.at, change.bytes);
  }
  node.unsafe.clear();
  if (manners_.forgets_on_failure) node.now = node.safe;
}

std::shared_ptr<Disk::Node> Disk::find(const std::string& path) const {
  const auto found = now_.find(path);
  return found == now_.end() ? nullptr : found->second;
}

std::unique_ptr<broker::OpenFile> Disk::open(const std::string& path, Open how) { return open_file(path, how); }

std::unique_ptr<DiskFile> Disk::open_file(const std::string& path, Open how) {
  if (!may("open", path, 0, errors.name)) return nullptr;
  auto node = find(path);
  if (node == nullptr) {
    errno = ENOENT;
    if (how != Open::make || find(broker::parent_of(path)) == nullptr) return nullptr;
    node = std::make_shared<Node>();
    change_names({{path, node}});
  }
  if (node->directory) {
    errno = EISDIR;
    return nullptr;
  }
  return std::make_unique<Handle>(*this, path, std::move(node));
}

std::optional<broker::FileSystem::Entry> Disk::look(const std::string& path) {
  if (!may("look", path, 0, errors.name)) return std::nullopt;
  const auto node = find(path);
  errno = ENOENT;
  if (node == nullptr) return std::nullopt;
  return Entry{node->directory ? Entry::Kind::directory : Entry::Kind::file, node->now.size()};
}

bool Disk::make_directory(const std::string& path) {
  if (!may("mkdir", path, 0, errors.name)) return false;
  errno = ENOENT;
  if (find(broker::parent_of(path)) == nullptr) return false;
  auto node = std::make_shared<Node>();
  node->directory = true;
  change_names({{path, std::move(node)}});
  return true;
}

bool Disk::remove(const std::string& path) {
  if (!may("remove", path, 0, errors.name)) return false;
  errno = ENOENT;
  if (find(path) == nullptr) return false;
  change_names({{path, nullptr}});
  return true;
}

bool Disk::rename(const std::string& from, const std::string& to) {
  if (!may("rename", to, 0, errors.name)) return false;
  const auto node = find(from);
  errno = node == nullptr ? ENOENT : EEXIST;
  if (node == nullptr || find(to) != nullptr) return false;
  change_names({{from, nullptr}, {to, node}});
  return true;
}

bool Disk::sync(const std::string& path) {
  const auto node = find(path);
  errno = ENOENT;
  if (node == nullptr) return false;
  if (!node->directory) return sync_node(*node, path);
  if (!may("sync", path, 0, errors.sync)) return false;
  if (!meant(lies.sync_of, path)) make_names_safe(path);
  return true;
}

std::uint64_t Disk::used() const {
  std::uint64_t bytes = 0;
  for (const auto& [path, node] : now_) bytes += node->now.size();
  return bytes;
}

std::optional<std::uint64_t> Disk::free_bytes(const std::string&) {
  return manners_.capacity - std::min(manners_.capacity, used());
}

void Disk::change_names(Renaming renaming) {
  for (const auto& [path, node] : renaming) {
    if (node == nullptr)
      now_.erase(path);
    else
      now_[path] = node;
  }
  unsafe_names_.push_back(std::move(renaming));
}

void Disk::make_names_safe(const std::string& directory) {
  std::vector<Renaming> rest;
  for (Renaming& renaming : unsafe_names_) {
    const bool concerned =
        std::any_of(renaming.begin(), renaming.end(), [&](const auto& one) { return inside(one.first, directory); });
    if (!concerned) {
      rest.push_back(std::move(renaming));
      continue;
    }
    for (const auto& [path, node] : renaming) {
      if (node == nullptr)
        safe_.erase(path);
      else
        safe_[path] = node;
    }
  }
  unsafe_names_ = std::move(rest);
}

void Disk::make_name_safe(const std::string& path) {
  if (const auto node = find(path)) safe_[path] = node;
}

void Disk::end_process() {
  ++process_;
  fuse_ = 0;
  stopped_ = false;
  for (auto& [path, node] : now_) node->locked_by = nullptr;
}

void Disk::settle_names() {
  const double keep = random_.chance(0.5) ? random_.unit() : static_cast<double>(random_.below(2));
  std::size_t most = manners_.names_in_order ? random_.below(unsafe_names_.size() + 1) : unsafe_names_.size();
  for (const Renaming& renaming : unsafe_names_) {
    if (most == 0) break;
    --most;
    if (!manners_.names_in_order && !random_.chance(keep)) continue;
    for (const auto& [path, node] : renaming) {
      if (node == nullptr)
        safe_.erase(path);
      else
        safe_[path] = node;
    }
  }
  unsafe_names_.clear();
  // What stood in a directory that is not there is not there either; a directory comes before what it holds.
  std::erase_if(safe_, [this](const auto& one) { return !safe_.contains(broker::parent_of(one.first)); });
}

// Of what was not synced, some stays. `unit`: what a write tears into.
void Disk::settle(Node& node, double keep, std::uint64_t unit) {
  for (const Change& change : node.unsafe) {
    if (change.truncation) {
      if (random_.chance(keep)) node.safe.resize(change.at, '\0');
      continue;
    }
    const std::uint64_t end = change.at + change.bytes.size();
    for (std::uint64_t from = change.at; from < end;) {
      const std::uint64_t to = std::min(end, (from / unit + 1) * unit);
      if (random_.chance(keep))
        put_at(node.safe, from, std::string_view{change.bytes}.substr(from - change.at, to - from));
      else if (to > node.safe.size() && random_.chance(keep / 2))
        node.safe.resize(to, random_.chance(0.5) ? '\0' : '\xA5');  // the size was safe, the bytes were not
      from = to;
    }
  }
  node.unsafe.clear();
  node.now = node.safe;
}

void Disk::cut_power() {
  end_process();
  settle_names();
  const double keep = random_.chance(0.5) ? random_.unit() : static_cast<double>(random_.below(2));
  constexpr std::uint64_t kUnits[] = {512, 4096, 1 << 30};
  const std::uint64_t unit = kUnits[random_.below(3)];
  for (auto& [path, node] : safe_) settle(*node, keep, unit);
  now_ = safe_;
  note("power cut", "", static_cast<std::uint64_t>(keep * 1000), true);
}

std::vector<std::string> Disk::files() const {
  std::vector<std::string> paths;
  for (const auto& [path, node] : now_)
    if (!node->directory) paths.push_back(path);
  return paths;
}

Disk::Node& Disk::known(const std::string& path) const {
  const auto node = find(path);
  FORKMILL_CHECK(node != nullptr);
  return *node;
}

std::uint64_t Disk::size(const std::string& path) const {
  const auto node = find(path);
  return node == nullptr ? 0 : node->now.size();
}

std::string Disk::contents(const std::string& path) const { return known(path).now; }

void Disk::flip(const std::string& path, std::uint64_t bit) {
  Node& node = known(path);
  for (std::string* bytes : {&node.now, &node.safe})
    if (bit / 8 < bytes->size()) (*bytes)[bit / 8] = static_cast<char>((*bytes)[bit / 8] ^ (1 << bit % 8));
  note("flipped bit in", path, bit, true);
}

void Disk::cut_short(const std::string& path, std::uint64_t size) {
  Node& node = known(path);
  node.now.resize(std::min<std::uint64_t>(size, node.now.size()));
  node.safe = node.now;
  node.unsafe.clear();
  note("cut short", path, size, true);
}

void Disk::overwrite(const std::string& path, std::uint64_t at, std::string_view bytes) {
  Node& node = known(path);
  put_at(node.now, at, bytes);
  put_at(node.safe, at, bytes);
}

}  // namespace forkmill::sim
