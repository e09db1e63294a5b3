#include "tests/sim/disk/disk.h"

#include <algorithm>
#include <cerrno>

#include "tests/sim/disk/handle.h"

namespace forkmill::sim {

DiskManners draw_manners(Random& random) {
  DiskManners manners;
  manners.names_in_order = random.chance(0.5);
  manners.sync_takes_name = random.chance(0.5);
  manners.forgets_on_failure = random.chance(0.3);
  return manners;
}

Disk::Disk(std::uint64_t seed, DiskManners its_manners)
    : manners{its_manners}, operations{seed}, vfs_{std::make_unique<Vfs>(*this)} {}

Disk::~Disk() = default;

const char* Disk::vfs() const { return vfs_->name(); }

std::unique_ptr<broker::OpenFile> Disk::open(const std::string& path, Open how) { return open_file(path, how); }

std::unique_ptr<DiskFile> Disk::open_file(const std::string& path, Open how) {
  if (!operations.begin("open", path, 0, errors.name)) return nullptr;
  auto node = names_.find(path);
  if (node == nullptr) {
    errno = ENOENT;
    if (how != Open::make || names_.find(broker::parent_of(path)) == nullptr) return nullptr;
    node = std::make_shared<DiskNode>(false);
    names_.change({{path, node}});
  }
  if (node->directory()) {
    errno = EISDIR;
    return nullptr;
  }
  return std::make_unique<Handle>(*this, path, std::move(node));
}

std::optional<broker::FileSystem::Entry> Disk::look(const std::string& path) {
  if (!operations.begin("look", path, 0, errors.name)) return std::nullopt;
  const auto node = names_.find(path);
  errno = ENOENT;
  if (node == nullptr) return std::nullopt;
  return Entry{node->directory() ? Entry::Kind::directory : Entry::Kind::file, node->bytes().size()};
}

bool Disk::make_directory(const std::string& path) {
  if (!operations.begin("mkdir", path, 0, errors.name)) return false;
  errno = ENOENT;
  if (names_.find(broker::parent_of(path)) == nullptr) return false;
  names_.change({{path, std::make_shared<DiskNode>(true)}});
  return true;
}

bool Disk::remove(const std::string& path) {
  if (!operations.begin("remove", path, 0, errors.name)) return false;
  errno = ENOENT;
  if (names_.find(path) == nullptr) return false;
  names_.change({{path, nullptr}});
  return true;
}

bool Disk::rename(const std::string& from, const std::string& to) {
  if (!operations.begin("rename", to, 0, errors.name)) return false;
  const auto node = names_.find(from);
  errno = node == nullptr ? ENOENT : EEXIST;
  if (node == nullptr || names_.find(to) != nullptr) return false;
  names_.change({{from, nullptr}, {to, node}});
  return true;
}

bool Disk::sync(const std::string& path) {
  const auto node = names_.find(path);
  errno = ENOENT;
  if (node == nullptr) return false;
  if (!node->directory()) return sync_node(*node, path);
  if (!operations.begin("sync", path, 0, errors.sync)) return false;
  if (faults.ignored_syncs.empty() || !path.ends_with(faults.ignored_syncs)) names_.sync(path);
  return true;
}

bool Disk::sync_node(DiskNode& node, const std::string& path) {
  const bool told_to_fail = !faults.failing_sync.empty() && path.ends_with(faults.failing_sync);
  if (told_to_fail) faults.failing_sync.clear();
  if (!operations.begin("sync", path, node.unsafe(), told_to_fail ? 1 : errors.sync)) {
    if (!operations.stopped()) node.fail_sync(operations.random(), manners.forgets_on_failure);
    errno = EIO;
    return false;
  }
  const bool effective = faults.ignored_syncs.empty() || !path.ends_with(faults.ignored_syncs);
  node.sync(effective);
  if (effective && manners.sync_takes_name) names_.sync_name(path);
  return true;
}

std::uint64_t Disk::used() const {
  std::uint64_t bytes = 0;
  for (const auto& [path, node] : names_.all()) bytes += node->bytes().size();
  return bytes;
}

std::optional<std::uint64_t> Disk::free_bytes(const std::string&) {
  return manners.capacity - std::min(manners.capacity, used());
}

void Disk::end_process() {
  ++process_;
  operations.restart();
  for (auto& [path, node] : names_.all()) node->locked_by = nullptr;
}

void Disk::cut_power() {
  end_process();
  Random& random = operations.random();
  const auto& left = names_.lose_power(random, manners.names_in_order);
  const double keep = random.chance(0.5) ? random.unit() : static_cast<double>(random.below(2));
  constexpr std::uint64_t kUnits[] = {512, 4096, 1 << 30};  // sectors, pages, whole writes
  const std::uint64_t unit = kUnits[random.below(3)];
  for (auto& [path, node] : left) node->lose_power(random, keep, unit);
  operations.note("power cut", "", static_cast<std::uint64_t>(keep * 1000));
}

std::vector<std::string> Disk::files() const {
  std::vector<std::string> paths;
  for (const auto& [path, node] : names_.all())
    if (!node->directory()) paths.push_back(path);
  return paths;
}

}  // namespace forkmill::sim
