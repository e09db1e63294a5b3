#include "broker/store/history/history_database.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>

#include "broker/store/sqlite/schema.h"
#include "broker/store/sqlite/sqlite_backup.h"

namespace forkmill::broker {

namespace {

// Steps are appended and never changed. `id` and `other_id` are sort_key() of the ids; a task has another one if its
// submitter knows it by an id that belongs to another principal's task.
constexpr std::array kHistorySteps{
    "CREATE TABLE finished (number INTEGER PRIMARY KEY, ended INTEGER NOT NULL, id INTEGER NOT NULL, "
    "other_id INTEGER, row BLOB NOT NULL) STRICT;"
    "CREATE INDEX finished_id ON finished (id);"
    "CREATE INDEX finished_other_id ON finished (other_id) WHERE other_id IS NOT NULL;"};

constexpr std::size_t kCheckpointPages = 1024;  // size of the journal
constexpr std::int64_t kRemovedAtOnce = 1000;
constexpr std::size_t kMostFound = 10'000;                      // rows of each index that are looked at for one id
constexpr std::uint64_t kSpareBytes = 8 << 20;                  // free pages beyond this go back to the file system
constexpr milliseconds kOutOfOrder = std::chrono::minutes{10};  // tasks may lie that far from the order of their ends

constexpr std::size_t kKeyDigits = 16;

// The first 8 bytes of an id, as a number that sorts as the id does. Ids of one time have keys that are close.
std::int64_t sort_key(std::uint64_t big_endian) { return static_cast<std::int64_t>(big_endian ^ (1ULL << 63)); }
std::int64_t sort_key(const TaskId& id) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<std::uint8_t>(id.bytes()[i]);
  return sort_key(number);
}

// The lowest or highest key of ids that begin with `digits`.
std::int64_t bound(std::string_view digits, char filler) {
  std::string whole{digits.substr(0, kKeyDigits)};
  whole.resize(kKeyDigits, filler);
  return sort_key(std::stoull(whole, nullptr, 16));
}

bool tells_of_damage(int code) { return (code & 0xFF) == SQLITE_CORRUPT || (code & 0xFF) == SQLITE_NOTADB; }

void configure_history(Database& database) {
  database.run(
      "PRAGMA auto_vacuum = INCREMENTAL;"  // counts in a new database only
      "PRAGMA cell_size_check = ON;"
      "PRAGMA mmap_size = 0;"
      "PRAGMA temp_store = MEMORY;"
      "PRAGMA cache_size = -8192;");
  if (const std::string mode = database.text("PRAGMA journal_mode = WAL"); mode != "wal")
    throw StoreError{database.path() + " cannot have a journal (mode " + mode + "): look at its file system"};
  database.run(
      "PRAGMA synchronous = NORMAL;"  // a commit waits for no sync; sync() makes it safe
      "PRAGMA journal_size_limit = 16777216;");
}

// Who can write the directory, or has put a link there, could lead the broker to files that are not its own.
void make_history_directory(FileSystem& files, const std::string& directory) {
  auto found = files.look(directory);
  if (!found && errno == ENOENT) {
    if (files.make_directory(directory)) return;
    if (errno != EEXIST) throw_system_error(directory + " cannot be created", errno);
    found = files.look(directory);  // the process of another shard has made it at the same time
  }
  if (!found) throw_system_error(directory, errno);
  if (found->kind != FileSystem::Entry::Kind::directory) throw StoreError{directory + " is not a directory"};
  if (found->open_to_others)
    throw StoreError{directory + " can be written by every user of this machine: take that right away (chmod o-w)"};
}

void refuse_links(FileSystem& files, const std::string& path) {
  for (const char* suffix : {"", "-wal", "-journal", ".damaged"}) {
    const auto found = files.look(path + suffix);
    if (found && found->is_link)
      throw StoreError{path + suffix + " is a symbolic link: the history is in the data directory itself"};
  }
}

// The journal goes first: a new database must not find it.
void set_aside(FileSystem& files, const std::string& path) {
  const std::string aside = path + ".damaged";
  remove_database(files, aside);
  for (const char* suffix : {"-wal", "-journal"})
    if (!files.remove(path + suffix) && errno != ENOENT)
      throw_system_error(path + suffix + " cannot be removed", errno);
  if (!files.rename(path, aside)) throw_system_error(path + " cannot be renamed", errno);
}

}  // namespace

struct HistoryDatabase::Statements {
  explicit Statements(Database& database)
      : begin{database, "BEGIN IMMEDIATE"},
        commit{database, "COMMIT"},
        insert{database, "INSERT INTO finished (number, ended, id, other_id, row) VALUES (?1, ?2, ?3, ?4, ?5)"},
        insert_alone{database, "INSERT INTO finished (number, ended, id, row) VALUES (?1, ?2, ?3, ?4)"},
        newest{database, "SELECT number, row FROM finished WHERE number < ?1 ORDER BY number DESC"},
        by_id{database, "SELECT number, row FROM finished WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC"},
        by_other_id{database,
                    "SELECT number, row FROM finished WHERE other_id BETWEEN ?1 AND ?2 ORDER BY other_id DESC"},
        first{database, "SELECT number, ended FROM finished WHERE number = (SELECT min(number) FROM finished)"},
        remove{database, "DELETE FROM finished WHERE number BETWEEN ?1 AND ?2 AND ended < ?3"},
        pages{database, "PRAGMA page_count"},
        free_pages{database, "PRAGMA freelist_count"} {}

  Statement begin;
  Statement commit;
  Statement insert;
  Statement insert_alone;
  Statement newest;
  Statement by_id;  // the latest ids first, as ids rise with time
  Statement by_other_id;
  Statement first;
  Statement remove;
  Statement pages;
  Statement free_pages;
};

namespace {

std::uint64_t number_in_row(Statement& statement) {
  const Resetting at_the_end{statement};
  return statement.step() ? static_cast<std::uint64_t>(statement.number(0)) : 0;
}

}  // namespace

HistoryDatabase::HistoryDatabase(const HistoryOptions& options, std::string damage,
                                 const std::function<void(const std::string&)>& note)
    : options_{options} {
  FileSystem& files = *options_.files;
  const std::string path = options_.directory + "/" + options_.file;
  make_history_directory(files, options_.directory);
  refuse_links(files, path);
  if (damage.empty()) {
    try {
      open(path);
      return;
    } catch (const StoreError& error) {
      if (!is_damaged()) throw;
      damage = error.what();
    }
    statements_.reset();
    database_.reset();
  }
  set_aside(files, path);
  note("the history of finished tasks is damaged; it is now " + path + ".damaged, and a new one begins (" + damage +
       ")");
  open(path);
}

HistoryDatabase::~HistoryDatabase() = default;

void HistoryDatabase::open(const std::string& path) {
  database_ = std::make_unique<Database>(path, Database::Open::create, *options_.files);
  has_schema(*database_, kHistorySteps);
  configure_history(*database_);
  migrate(*database_, kHistorySteps);
  statements_ = std::make_unique<Statements>(*database_);
  page_bytes_ = static_cast<std::uint64_t>(database_->number("PRAGMA page_size"));
  next_ = static_cast<std::uint64_t>(database_->number("SELECT max(number) FROM finished")) + 1;
  first_ = std::max<std::uint64_t>(number_in_row(statements_->first), 1);
  sync_path(*options_.files, options_.directory);
}

bool HistoryDatabase::is_damaged() const {
  return database_ != nullptr && tells_of_damage(sqlite3_errcode(database_->handle()));
}

void HistoryDatabase::append(std::span<const FinishedTask> tasks) {
  if (tasks.empty()) return;
  Statements& use = *statements_;
  use.begin.run();
  for (const FinishedTask& task : tasks) {
    const std::string_view row = coder_.encode(task, proto::TaskSeq{next_});
    const auto& owners = task.spec->owners_id;
    Statement& insert = owners ? use.insert : use.insert_alone;
    insert.bind(1, next_).bind(2, static_cast<std::int64_t>(task.finished_at.count())).bind(3, sort_key(task.id));
    if (owners) insert.bind(4, sort_key(*owners));
    insert.bind_blob(owners ? 5 : 4, row);
    insert.run();
    ++next_;
  }
  use.commit.run();
}

void HistoryDatabase::sync() { database_->sync_journal(); }

void HistoryDatabase::checkpoint() {
  if (database_->journal_pages() >= kCheckpointPages) database_->checkpoint(false);
}

// Calls `visit` for the rows of the statement, until it returns false or there are no more.
void HistoryDatabase::visit(Statement& rows, const std::function<bool(FinishedTask)>& visit) {
  const Resetting at_the_end{rows};
  while (rows.step()) {
    const proto::TaskSeq number{static_cast<std::uint64_t>(rows.number(0))};
    auto task = FinishedRowCoder::decode(number, rows.bytes(1));
    if (!task) {
      ++damaged_;
      continue;
    }
    if (!visit(std::move(*task))) return;
  }
}

HistoryAnswer HistoryDatabase::scan(const HistoryScan& request) {
  HistoryAnswer answer;
  constexpr auto kLast = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const std::uint64_t before = request.before ? std::min(request.before.value(), kLast) : kLast;
  std::size_t visited = 0;
  visit(statements_->newest.bind(1, before), [&](FinishedTask task) {
    const proto::TaskSeq number = task.number;
    if (task.finished_at + kOutOfOrder < request.since) return false;  // the older ones were submitted before, too
    answer.reached = task.finished_at;
    if (request.passes(task)) answer.tasks.push_back(std::move(task));
    if (answer.tasks.size() < request.most && ++visited < request.most_visited) return true;
    answer.next = number;
    return false;
  });
  return answer;
}

HistoryAnswer HistoryDatabase::find(const HistoryFind& request) {
  HistoryAnswer answer;
  for (Statement* rows : {&statements_->by_id, &statements_->by_other_id}) {
    std::size_t visited = 0;
    visit(rows->bind(1, bound(request.prefix, '0')).bind(2, bound(request.prefix, 'f')), [&](FinishedTask task) {
      if (request.passes(task)) answer.tasks.push_back(std::move(task));
      return ++visited < kMostFound;
    });
  }
  std::sort(answer.tasks.begin(), answer.tasks.end(),
            [](const FinishedTask& a, const FinishedTask& b) { return a.number > b.number; });
  // The prefix may be that of both ids of a task.
  const auto twice = std::unique(answer.tasks.begin(), answer.tasks.end(),
                                 [](const FinishedTask& a, const FinishedTask& b) { return a.number == b.number; });
  answer.tasks.erase(twice, answer.tasks.end());
  if (answer.tasks.size() > request.most) answer.tasks.resize(request.most);
  return answer;
}

std::uint64_t HistoryDatabase::tasks() const { return next_ - first_; }

std::uint64_t HistoryDatabase::bytes() {
  return (number_in_row(statements_->pages) - number_in_row(statements_->free_pages)) * page_bytes_;
}

milliseconds HistoryDatabase::oldest() {
  const Resetting at_the_end{statements_->first};
  return milliseconds{statements_->first.step() ? statements_->first.number(1) : 0};
}

// A task that ended by a clock that was set back since lies before later ones; those wait with it, until there are too
// many bytes.
bool HistoryDatabase::trim(milliseconds now) {
  bool more = false;
  if (bytes() > options_.max_bytes) {
    remove_oldest(milliseconds::max());
    more = bytes() > options_.max_bytes && first_ < next_;
  }
  const milliseconds oldest_kept = now - options_.max_age;
  if (const milliseconds ended = oldest(); options_.max_age.count() > 0 && ended.count() > 0 && ended < oldest_kept) {
    remove_oldest(oldest_kept);
    const milliseconds next = oldest();
    more = more || (next.count() > 0 && next < oldest_kept);
  }
  if (number_in_row(statements_->free_pages) * page_bytes_ > kSpareBytes)
    database_->run("PRAGMA incremental_vacuum(256)");
  checkpoint();
  return more;
}

void HistoryDatabase::remove_oldest(milliseconds ended_before) {
  first_ = std::max<std::uint64_t>(number_in_row(statements_->first), first_);
  const auto from = static_cast<std::int64_t>(first_);
  statements_->remove.bind(1, from)
      .bind(2, from + kRemovedAtOnce - 1)
      .bind(3, static_cast<std::int64_t>(ended_before.count()));
  statements_->remove.run();
  const std::uint64_t first = number_in_row(statements_->first);
  first_ = first == 0 ? next_ : first;
}

}  // namespace forkmill::broker
