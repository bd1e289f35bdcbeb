import AccessControl
import ArgumentParser
import Checkpoints
import ZeroMQ

/// `coordinator keys`: makes the keys with which a coordinator locks its connections.
struct KeysCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make the keys of a coordinator that other machines reach.",
        discussion: """
            For one run, which need not exist yet:
              coordinator keys --run runs/mine
            For several:
              coordinator keys --out ~/lockstep-keys
              coordinator start --keys ~/lockstep-keys ...

            Everything between the machines is encrypted then, and only workers with a token get in.
            """)

    @Option(
        name: .customLong("run"), help: "The run's directory, whose keys are in its keys/.",
        completion: .directory)
    var directory: String?

    @Option(
        help: ArgumentHelp("Another directory for them, a new one.", valueName: "dir"),
        completion: .directory)
    var out: String?

    func validate() throws {
        guard (directory == nil) != (out == nil) else {
            throw ValidationError("Name the run (--run DIR) or a new directory (--out DIR).")
        }
    }

    func run() throws {
        let place = out ?? RunDirectory.keys(at: directory ?? ".")
        let flag = out.map { "--keys \($0)" } ?? "--run \(directory ?? ".")"
        let keys = try CoordinatorKeys.make(in: place)
        print("keys in \(keys.directory), for you alone; the public one is \(keys.pair.publicKey)")
        print("next: coordinator start \(flag) --bind tcp://ADDRESS:PORT …")
        print("      coordinator token \(flag) --out FILE, for each worker")
    }
}

/// Where a command finds a coordinator's keys.
struct KeyPlace: ParsableArguments {
    @Option(
        name: .customLong("run"), help: "The run's directory, whose keys are in its keys/.",
        completion: .directory)
    var run: String?

    @Option(
        help: ArgumentHelp("The directory of keys that are not in a run's.", valueName: "dir"),
        completion: .directory)
    var keys: String?

    func validate() throws {
        guard (run == nil) != (keys == nil) else {
            throw ValidationError(
                "Name the run (--run DIR) or the directory of its keys (--keys DIR).")
        }
    }

    var directory: String { keys ?? RunDirectory.keys(at: run ?? ".") }
    var flag: String { keys.map { "--keys \($0)" } ?? "--run \(run ?? ".")" }
}
