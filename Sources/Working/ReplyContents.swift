/// What a reply of the coordinator turned out to hold.
enum ReplyContents<Value> {
    case whole(Value)
    /// Its checksum is wrong: worth another try.
    case damaged
    /// The coordinator refused, or answered what was not asked.
    case failed(WorkingError)
}
