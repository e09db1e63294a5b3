#include "broker/enrolment/book_thread.h"

#include <exception>
#include <stdexcept>
#include <utility>

namespace forkmill::broker {

using proto::Failure;

namespace {

constexpr milliseconds kRetry{1000};  // between two attempts to read a book that is not known

Failure unknown_outcome(const std::string& why) {
  return {Errc::disconnected, "the broker cannot say whether this was done, so do it again: " + why};
}

// A text that makes no sense is left for an operator to mend.
KeyBook parsed(const std::string& text, const std::string& source) {
  auto book = KeyBook::parse(text, source);
  if (!book.ok()) throw std::runtime_error{book.failure().text};
  return std::move(book).value();
}

}  // namespace

BookThread::BookThread(std::unique_ptr<BookStore> store, milliseconds poll) : store_{std::move(store)}, poll_{poll} {
  read();
  thread_.start("key book", [this] { run(); });
}

BookThread::~BookThread() { thread_.stop(); }

void BookThread::ask(BookChange change) {
  {
    const auto lock = thread_.lock();
    changes_.push_back(std::move(change));
  }
  thread_.wake();
}

void BookThread::reread() {
  {
    const auto lock = thread_.lock();
    is_to_read_ = true;
  }
  thread_.wake();
}

BookThread::News BookThread::take() {
  const auto lock = thread_.lock_for_news();
  return std::exchange(news_, {});
}

void BookThread::run() {
  for (std::deque<BookChange> changes; wait(changes); changes.clear()) {
    std::vector<Answer> answers;
    answers.reserve(changes.size());
    for (const BookChange& change : changes) answers.push_back(carry_out(change));
    if (changes.empty()) read();
    publish({.answers = std::move(answers)});
  }
}

bool BookThread::wait(std::deque<BookChange>& changes) {
  auto lock = thread_.lock();
  const auto called = [this] { return thread_.is_stopping() || is_to_read_ || !changes_.empty(); };
  const milliseconds pause = is_known_ || poll_.count() > 0 ? poll_ : kRetry;
  if (pause.count() == 0)
    thread_.wait(lock, called);
  else
    thread_.wait_until(lock, proto::ServiceThread::Clock::now() + pause, called);
  changes = std::exchange(changes_, {});
  if (!changes.empty()) return true;
  is_to_read_ = false;
  return !thread_.is_stopping();
}

BookThread::Answer BookThread::carry_out(const BookChange& change) {
  std::optional<proto::Result<std::vector<BookEntry>>> result;
  std::optional<KeyBook> book;
  try {
    store_->change([&](const std::string& text) -> std::optional<std::string> {
      book = parsed(text, store_->name());
      result = change.make(*book);
      if (result->ok()) return book->text();
      book.reset();
      if (!change.makes_failure_safe) return std::nullopt;
      book = parsed(text, store_->name());  // read() may not have it again
      return text;
    });
  } catch (const std::exception& error) {
    Answer answer{change.ticket, unknown_outcome(error.what())};
    read();  // a key that was removed after all must not be accepted any longer
    return answer;
  }
  if (book) publish({.book = std::move(book), .is_safe = true});
  return {change.ticket, std::move(*result)};
}

void BookThread::read() {
  try {
    store_->read([this](const std::string& text) { publish({.book = parsed(text, store_->name())}); });
    trouble_.clear();
    is_known_ = true;
  } catch (const std::exception& error) {
    is_known_ = false;
    if (std::exchange(trouble_, error.what()) != error.what()) publish({.trouble = error.what()});
  }
}

void BookThread::publish(News news) {
  const auto lock = thread_.lock();
  if (!news.book && news.answers.empty() && news.trouble.empty()) return;
  if (news.book) {
    news_.book = std::move(news.book);
    news_.is_safe = news.is_safe;
  }
  for (Answer& answer : news.answers) news_.answers.push_back(std::move(answer));
  if (!news.trouble.empty()) news_.trouble = std::move(news.trouble);
  thread_.announce();
}

}  // namespace forkmill::broker
