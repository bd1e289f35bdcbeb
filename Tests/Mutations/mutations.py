"""Plants bugs in the protocol's state machines, one at a time, each of which the simulator must catch.

    python3 Tests/Mutations/mutations.py                 # all of them, a table, exit status 1 where one is missed
    python3 Tests/Mutations/mutations.py stale-report    # one

Works on a copy of Sources/TrainingProtocol and Sources/Simulation in a folder of its own; standard library only.
"""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 600

PACKAGE = """// swift-tools-version: 6.2
import PackageDescription
let swift: [SwiftSetting] = [.enableUpcomingFeature("MemberImportVisibility")]
let package = Package(name: "mutant", targets: [
    .target(name: "TrainingProtocol", swiftSettings: swift),
    .target(name: "Simulation", dependencies: ["TrainingProtocol"], swiftSettings: swift),
    .executableTarget(name: "mutant", dependencies: ["Simulation"], swiftSettings: swift,
        linkerSettings: [.linkedLibrary("m")]),
], swiftLanguageModes: [.v6])
"""

MAIN = """import Simulation
for seed in UInt64(1)...%d {
    let simulation = Simulation(seed: seed)
    simulation.simulate()
    if let violation = simulation.violation {
        print("seed \\(seed): \\(violation)")
        break
    }
}
"""

# Name, file, what is there, what is planted.
MUTATIONS = [
    ("commit-before-all", "CoordinatorMachine+Steps.swift",
     "if peer.isMember, peer.report == nil || peer.attested == nil { return [] }",
     "if peer.isMember, agreed == 0, peer.report == nil || peer.attested == nil { return [] }",
     "a step is committed before every member has reported"),
    ("journal-again", "CoordinatorMachine+Steps.swift",
     "if step > journaled {", "if step > Step(0) {",
     "a step that is computed again is journaled again"),
    ("broken-chain", "CoordinatorMachine+Steps.swift",
     "chain = CommitChain.link(after: chain,", "chain = CommitChain.link(after: CommitChain.origin,",
     "links of the commit chain stand alone"),
    ("update-before-commit", "WorkerMachine+Generations.swift",
     "return say(.reduced(report), about: step)",
     "activity = .updating; return say(.reduced(report), about: step) + [.update(step)]",
     "a worker updates without waiting for the commit"),
    ("begin-in-update", "WorkerMachine+Generations.swift",
     "if activity == .updating {", "if activity == .halted {",
     "a generation that begins while the state changes is not kept for later"),
    ("lost-slots", "SlotAssignment.swift",
     "let missing = SlotSet(0..<slots).subtracting(kept).slots",
     "let missing = SlotSet(0..<max(0, slots - 1)).subtracting(kept).slots",
     "the last lost slot is dealt to nobody"),
    ("doubled-slot", "CoordinatorMachine+Lateness.swift",
     "peers[index].slots = peer.slots.subtracting(slots)", "peers[index].slots = peer.slots",
     "a late worker keeps the slots that others take over"),
    ("no-resend", "CoordinatorMachine+Watching.swift",
     "if isOld {", "if isOld { return []",
     "a begin that was lost on the way is not said again"),
    ("last-word-once", "WorkerMachine+Watching.swift",
     "if let lastWord { directives.append(.send(lastWord)) }", "",
     "a worker says its last word once only"),
    ("no-silence", "CoordinatorMachine+Watching.swift",
     "now - $0.lastHeard > options.deadlines.silence", "now - $0.lastHeard > .seconds(100_000)",
     "a silent worker is never lost"),
    ("wrong-start", "CoordinatorMachine+Generations.swift",
     "let newest = max(saved, chosen.compactMap { peers[$0].holds }.max() ?? saved)",
     "let newest = committed",
     "a state that nobody has is waited for"),
    ("other-slot", "WorkerMachine+Generations.swift",
     "digest: digest, slots: slots.slots.compactMap { outcomes[$0] }, times: times)",
     "digest: digest, slots: outcomes.keys.sorted().compactMap { outcomes[$0] }, times: times)",
     "a worker accounts for slots that it was not dealt"),
    ("save-anyone", "CoordinatorMachine+Stopping.swift",
     "let holders = peers.filter { $0.holds == committed }", "let holders = peers.filter { _ in true }",
     "a worker that does not hold the state is asked for it"),
    ("no-hold", "CoordinatorMachine+Stalls.swift",
     "guard isWaitedFor,", "guard isWaitedFor, false,",
     "a worker whose hands hang is waited for, for ever"),
    ("same-holder", "CoordinatorMachine+Stopping.swift",
     "passedOver = saving.by self.saving = nil if phase == .closing || phase == .parting,",
     "self.saving = nil\n        if phase == .ended,",
     "a state is asked for again and again of one that does not send it"),
    ("no-stall", "CoordinatorMachine+Stalls.swift",
     "guard stands, !all.isEmpty else { return [] }", "return []",
     "members that wait for each other do so for ever"),
]


def build(folder):
    return subprocess.run(
        ["swift", "build", "-c", "release"], cwd=folder, capture_output=True, text=True, check=False
    )


def main():
    wanted = sys.argv[1:]
    unknown = set(wanted) - {name for name, *_ in MUTATIONS}
    if unknown:
        sys.exit(f"no mutation is called {', '.join(sorted(unknown))}; they are {', '.join(name for name, *_ in MUTATIONS)}")
    missed = []
    folder = Path(tempfile.mkdtemp(prefix="lockstep-mutants-"))
    for module in ["TrainingProtocol", "Simulation"]:
        shutil.copytree(ROOT / "Sources" / module, folder / "Sources" / module)
    (folder / "Package.swift").write_text(PACKAGE)
    (folder / "Sources/mutant").mkdir()
    (folder / "Sources/mutant/main.swift").write_text(MAIN % SEEDS)
    for name, file, before, after, story in MUTATIONS:
        if wanted and name not in wanted:
            continue
        path = folder / "Sources/TrainingProtocol" / file
        sound = path.read_text()
        pattern = r"\s+".join(re.escape(word) for word in before.split())
        mutant, places = re.subn(pattern, lambda _: after, sound, count=1)
        if places != 1:
            sys.exit(f"{name}: {file} has changed, and \"{before}\" is not in it any more")
        path.write_text(mutant)
        built = build(folder)
        if built.returncode != 0:
            sys.exit(f"{name} does not compile:\n{built.stdout[-2000:]}")
        run = subprocess.run(
            [folder / ".build/release/mutant"], capture_output=True, text=True, timeout=600, check=False
        )
        path.write_text(sound)
        caught = run.stdout.strip() or ("it crashes" if run.returncode else "")
        if not caught:
            missed.append(name)
        print(f"{'caught' if caught else 'MISSED'}  {name:22} {story}\n        {caught[:150]}", flush=True)
    shutil.rmtree(folder)
    print(f"{len(missed)} missed" if missed else "all caught")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
