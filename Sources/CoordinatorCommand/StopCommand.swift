import ArgumentParser
import Coordinating

/// `coordinator stop`: ends a run so that it can be resumed.
struct StopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop",
        abstract: "End a run after the step under way; its state is saved, and it can be resumed.",
        discussion: """
            Example: coordinator stop --run runs/mine
            """)

    @OptionGroup var selection: RunSelection

    func run() throws {
        let answer = try selection.request().stop(reason: "stopped by an operator")
        guard answer.isAccepted else { throw RunFailure(description: answer.text) }
        print(answer.text)
    }
}
