// The promise: a data directory that was damaged is either refused, or everything that was committed is there intact.
#include <cstdlib>
#include <random>

#include "broker/store/bytes.h"
#include "tests/unit/store/rig.h"

namespace damage_test {

using namespace forkmill::broker;
using namespace forkmill::broker::test;
using forkmill::proto::Attempt;
using forkmill::proto::milliseconds;
using forkmill::proto::TaskSeq;

namespace {

constexpr std::uint64_t kCommits = 60;

PutRecord piece(std::uint64_t n, int version) {
  return record(10'000 + n, "piece " + std::to_string(n) + std::string(300, static_cast<char>('a' + version)));
}

// A history with all kinds of changes, 8 tasks a commit.
void live(Store& store) {
  for (std::uint64_t number = 1; number <= kCommits; ++number) {
    std::vector<StoreOp> ops;
    for (std::uint64_t n = (number - 1) * 8 + 1; n <= number * 8; ++n) {
      ops.emplace_back(put(n));
      if (n % 3 == 0) ops.emplace_back(Reschedule{TaskSeq{n}, Attempt{1}, milliseconds{9}});
      if (n % 7 == 0) ops.emplace_back(Dispatch{TaskSeq{n}, Attempt{2}});
      if (n % 2 == 0) ops.emplace_back(finish(n));
      if (n > 100 && n % 5 == 0) ops.emplace_back(Forget{TaskSeq{n - 100}});
    }
    // One record a commit; the one before is rewritten, every fourth goes again.
    ops.emplace_back(piece(number, 1));
    if (number > 1) ops.emplace_back(piece(number - 1, 2));
    if (number > 10 && number % 4 == 0) ops.emplace_back(EraseRecord{piece(number - 10, 0).seq});
    commit(store, number, std::move(ops));
  }
}

std::vector<StoredTask> everything(Store& store) {
  std::vector<StoredTask> tasks;
  const auto status = store.scan(TaskSeq{1'000'000}, [&](StoredTask task) {
    tasks.push_back(std::move(task));
    return true;
  });
  if (!status.ok()) tasks.clear();
  return tasks;
}

// The files of a store that was closed, and of one that was killed with a part of its history in the journal.
class Images {
 public:
  Images() {
    auto store = open_database_store(at("closed"), 400 * 1024);
    live(*store);
    expected_ = everything(*store);
    expected_records_ = records(*store);
    copy_directory(at("closed"), at("journal"));
    store.reset();
    REQUIRE(std::filesystem::file_size(at("journal") + "/forkmill.db") > 100'000);
    REQUIRE(std::filesystem::file_size(at("journal") + "/forkmill.db-wal") > 100'000);
    REQUIRE(expected_.size() > 300);
    REQUIRE(expected_records_.size() > 40);
  }

  std::string at(const std::string& name) const { return folder_.path(name); }

  // Damages a copy of `image` and looks what the store makes of it: its text, or empty when it took it. Then all must
  // be there.
  template <class Damage>
  std::string opened(const std::string& image, const std::string& file, const Damage& damage) {
    const std::string directory = at("damaged");
    std::filesystem::remove_all(directory);
    copy_directory(at(image), directory);
    damage(directory + "/" + file);
    auto store = make_database_store(directory);
    std::string text = failure_of(*store);
    if (text.empty()) {
      CHECK(everything(*store) == expected_);
      CHECK(records(*store) == expected_records_);
    } else {
      CHECK(contains(text, directory));
    }
    return text;
  }

 private:
  Folder folder_{"/dev/shm"};
  std::vector<StoredTask> expected_;
  std::vector<PutRecord> expected_records_;
};

void flip(const std::string& path, std::uint64_t bit) {
  std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
  file.seekg(static_cast<std::streamoff>(bit / 8));
  const char byte = static_cast<char>(file.get() ^ 1 << bit % 8);
  file.seekp(static_cast<std::streamoff>(bit / 8));
  file.put(byte);
  REQUIRE(file.good());
}

std::uint64_t seed() {
  const char* given = std::getenv("FORKMILL_STORE_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

}  // namespace

TEST_CASE("one flipped bit anywhere is refused or does no harm") {
  Images images;
  const std::uint64_t start = seed();
  MESSAGE("FORKMILL_STORE_SEED=" << start);
  std::mt19937_64 random{start};
  struct Target {
    std::string image;
    std::string file;
    int positions;
    bool everywhere;  // no bit of it is without a meaning
  };
  const Target targets[] = {{"journal", "forkmill.db", 200, false},
                            {"closed", "forkmill.db", 300, false},
                            {"journal", "forkmill.db-wal", 200, false},
                            {"journal", "head", 60, false}};
  for (const Target& target : targets) {
    const std::uint64_t bits = std::filesystem::file_size(images.at(target.image) + "/" + target.file) * 8;
    int refused = 0;
    for (int i = 0; i < target.positions; ++i) {
      const std::uint64_t bit = random() % bits;
      INFO(target.image << "/" << target.file << " bit " << bit << " of " << bits);
      if (!images.opened(target.image, target.file, [&](const std::string& path) { flip(path, bit); }).empty())
        ++refused;
    }
    MESSAGE(target.image << "/" << target.file << ": " << refused << " of " << target.positions << " refused");
    // Most of these files is rows; the head is mostly empty.
    if (target.file != "head") CHECK(refused > target.positions / 4);
  }
}

TEST_CASE("one flipped bit in the first bytes of each file is refused or does no harm") {
  Images images;
  for (const std::string image : {"journal", "closed"}) {
    for (std::uint64_t bit = 0; bit < 108 * 8; bit += 3) {
      INFO(image << " bit " << bit);
      images.opened(image, "forkmill.db", [&](const std::string& path) { flip(path, bit); });
    }
  }
  for (std::uint64_t bit = 0; bit < 56 * 8; bit += 3) {
    INFO("journal bit " << bit);
    images.opened("journal", "forkmill.db-wal", [&](const std::string& path) { flip(path, bit); });
  }
  for (std::uint64_t bit = 0; bit < 48 * 8; bit += 3) {
    INFO("head bit " << bit);
    CHECK(images.opened("journal", "head", [&](const std::string& path) { flip(path, bit); }) == "");
  }
}

TEST_CASE("a truncated database is refused") {
  Images images;
  for (const std::string image : {"journal", "closed"}) {
    const std::uint64_t size = std::filesystem::file_size(images.at(image) + "/forkmill.db");
    // The last pages are in the journal as well.
    const std::uint64_t most = image == "journal" ? size - 8 * 4096 : size;
    for (std::uint64_t left = 0; left < most; left += left < 8192 ? 1024 : 16 * 4096) {
      INFO(image << " cut to " << left);
      CHECK(images.opened(image, "forkmill.db",
                          [&](const std::string& path) { std::filesystem::resize_file(path, left); }) != "");
    }
    CHECK(contains(images.opened(image, "forkmill.db", [](const std::string& path) { std::filesystem::remove(path); }),
                   "forkmill.db is missing, though"));
  }
}

TEST_CASE("a truncated journal is refused, with the number of missing commits") {
  Images images;
  // Frames of the last round of the journal carry its salt; those behind are older and mean nothing.
  const std::string journal = read_file(images.at("journal") + "/forkmill.db-wal");
  const std::string_view salt{journal.data() + 16, 8};
  std::uint64_t end = 32;
  while (end + 4120 <= journal.size() && std::string_view{journal}.substr(end + 8, 8) == salt) end += 4120;
  REQUIRE(end > 20 * 4120);
  int numbered = 0;
  for (std::uint64_t left = 0; left < end; left += left % 4120 == 32 ? 4088 : 3 * 4120 - 4088 + (left == 0 ? 32 : 0)) {
    INFO("cut to " << left << " of " << end);
    const std::string text = images.opened("journal", "forkmill.db-wal",
                                           [&](const std::string& path) { std::filesystem::resize_file(path, left); });
    CHECK(contains(text, "--accept-loss"));
    if (contains(text, "reported safe")) ++numbered;
  }
  CHECK(numbered > 3);
  CHECK(contains(
      images.opened("journal", "forkmill.db-wal", [](const std::string& path) { std::filesystem::remove(path); }),
      "reported safe (it ends with commit "));
}

TEST_CASE("a missing, damaged or foreign head is refused") {
  Images images;
  const auto text = [&](const auto& damage) { return images.opened("closed", "head", damage); };
  CHECK(contains(text([](const std::string& path) { std::filesystem::remove(path); }), "head is missing"));
  CHECK(contains(text([](const std::string& path) { std::filesystem::resize_file(path, 0); }), "head is damaged"));
  CHECK(contains(text([](const std::string& path) {
                   flip(path, 99);
                   flip(path, std::uint64_t{4096} * 8 + 99);
                 }),
                 "head is damaged"));
  {
    auto other = std::make_unique<DatabaseStore>(SqliteOptions{images.at("other"), "store-2"});
    REQUIRE(failure_of(*other) == "");
  }
  CHECK(contains(text([&](const std::string& path) {
                   std::filesystem::remove(path);
                   std::filesystem::copy_file(images.at("other") + "/head", path);
                 }),
                 "belongs to another store"));
}

TEST_CASE("a refusal changes no file, and the next opening is refused with the same text") {
  Images images;
  const std::string first =
      images.opened("journal", "forkmill.db-wal", [](const std::string& path) { flip(path, 4500 * 8); });
  REQUIRE(contains(first, "reported safe"));
  const std::string journal = read_file(images.at("damaged") + "/forkmill.db-wal");
  CHECK(failure_of(images.at("damaged")) == first);
  CHECK(read_file(images.at("damaged") + "/forkmill.db-wal") == journal);
}

TEST_CASE("a flipped bit in a record is refused with its place, at the start and when the record is overwritten") {
  Images images;
  const auto offset = [](const std::string& path) {
    const std::size_t at = read_file(path).find("piece 37cccc");
    REQUIRE(at != std::string::npos);
    return at;
  };
  const std::string text =
      images.opened("closed", "forkmill.db", [&](const std::string& path) { flip(path, (offset(path) + 100) * 8); });
  const std::string directory = images.at("damaged");
  const std::string expected =
      directory + "/forkmill.db: table record, row 10037 is damaged (its checksum does not match): restore a backup, " +
      "or set aside what is concerned: forkmill-broker --data " + directory + " --quarantine";
  CHECK(text == expected);
  for (const StoreOp& op : {StoreOp{piece(37, 3)}, StoreOp{EraseRecord{TaskSeq{10'037}}}}) {
    auto store = make_database_store(directory);
    REQUIRE(store->open().ok());
    const auto status = store->apply(std::vector<StoreOp>{op});
    REQUIRE_FALSE(status.ok());
    CHECK(status.failure().text == expected);
    CHECK(store->load_records([](TaskSeq, std::string_view) {}) == status);
  }
}

TEST_CASE("after a failure the store does nothing") {
  Images images;
  const std::string directory = images.at("closed");
  const std::string bytes = read_file(directory + "/forkmill.db");
  const std::size_t at = bytes.find("body 411");  // in the payload of a task
  REQUIRE(at != std::string::npos);
  flip(directory + "/forkmill.db", at * 8);
  auto store = make_database_store(directory);
  REQUIRE(store->open().ok());
  const auto status = store->fetch(std::vector{TaskSeq{411}}, [](const StoredTask&) {});
  REQUIRE_FALSE(status.ok());
  CHECK(status.failure().text ==
        directory +
            "/forkmill.db: table task, row 411 is damaged (its checksum does not match): restore a backup, "
            "or set aside what is concerned: forkmill-broker --data " +
            directory + " --quarantine");
  CHECK(store->apply(std::vector<StoreOp>{put(1000)}) == status);
  CHECK(store->commit(forkmill::proto::CommitSeq{1000}) == status);
  CHECK(store->scan(TaskSeq{5}, [](const StoredTask&) { return true; }) == status);
  CHECK(store->begin_backup(images.at("copy")) == status);
}

}  // namespace damage_test
