// Workers that were lost for what they would do again: each time they may come back later.

/// A worker that may not come back yet, told by its host and process.
struct Rest: Sendable, Equatable {
    let host: String
    let process: Int64
    /// One after another.
    var losses = 0
    var until = Duration.zero

    init(_ hello: Hello) {
        host = hello.host
        process = hello.process
    }

    func isOf(_ hello: Hello) -> Bool { host == hello.host && process == hello.process }
}

extension CoordinatorMachine {
    /// How many times the pause doubles.
    private static var mostDoublings: Int { 9 }

    mutating func rest(_ hello: Hello) {
        var rest = rests.first { $0.isOf(hello) } ?? Rest(hello)
        // Who has not come back for long is not remembered, as processes that have ended.
        rests.removeAll { $0.isOf(hello) || $0.until + options.deadlines.orphan < now }
        rest.until = now + options.deadlines.rest * (1 << min(rest.losses, Self.mostDoublings))
        rest.losses += 1
        rests.append(rest)
    }

    func isResting(_ hello: Hello) -> Bool {
        rests.contains { $0.isOf(hello) && $0.until > now }
    }

    /// It took part in a step to the end.
    mutating func forgive(_ hello: Hello) {
        if !rests.isEmpty { rests.removeAll { $0.isOf(hello) } }
    }
}
