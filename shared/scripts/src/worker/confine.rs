//! What a worker gives up: files, sockets, processes, memory beyond a bound, and nearly every system call.

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
pub(super) use elsewhere::{end_in, filter, give_up};
// The processors that `seccompiler` knows.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
pub(super) use linux::{end_in, filter, give_up};

#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
mod linux {
    use std::{collections::BTreeMap, fs, hash::RandomState, io, time::Duration};

    use nix::{
        sys::{
            signal::{SigEvent, SigevNotify, Signal as Sent},
            timer::{Expiration, Timer, TimerSetTimeFlags},
        },
        time::ClockId,
    };
    use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    type Error = Box<dyn std::error::Error>;

    /// Memory that can be written, in bytes, less the stack.
    const MEMORY: u64 = 112 << 20;
    const STACK: u64 = 8 << 20;

    /// The limits, and what each leaves.
    const LIMITS: [(Resource, u64); 6] = [
        (Resource::Core, 0),
        (Resource::Data, MEMORY),
        (Resource::Fsize, 0),
        (Resource::Nofile, 0),
        (Resource::Nproc, 0),
        (Resource::Stack, STACK),
    ];

    /// Ends with the pool, keeps three files open, and can open no other.
    pub(in super::super) fn give_up() -> Result<(), Error> {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        close_others()?;
        for (resource, most) in LIMITS {
            let limit = Rlimit { current: Some(most), maximum: Some(most) };
            setrlimit(resource, limit)
                .map_err(|error| format!("the limit {resource:?} cannot be set: {error}"))?;
        }
        Ok(())
    }

    /// Closes what the pool's process was itself given open by whoever started it; its own files close by themselves.
    fn close_others() -> io::Result<()> {
        let open =
            fs::read_dir("/proc/self/fd")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let open: Vec<i32> = open.filter(|number| *number > 2).collect();
        for number in open {
            // One of them was the folder itself, and is closed already.
            let _ = nix::unistd::close(number);
        }
        Ok(())
    }

    /// Has the kernel kill the process as soon as it has had `time` of a processor from here on, whatever it is at then and
    /// whatever has become of the pool.
    pub(in super::super) fn end_in(time: Duration) -> Result<(), Error> {
        let kill = SigEvent::new(SigevNotify::SigevSignal { signal: Sent::SIGKILL, si_value: 0 });
        let mut timer = Timer::new(ClockId::CLOCK_PROCESS_CPUTIME_ID, kill)?;
        timer.set(Expiration::OneShot(time.into()), TimerSetTimeFlags::empty())?;
        // It lasts as long as the process.
        std::mem::forget(timer);
        Ok(())
    }

    /// From here on everything but reading standard input, writing to standard output, memory, a clock and the end kills
    /// the process. It also gives up gaining privileges for good.
    pub(in super::super) fn filter() -> Result<(), Error> {
        // A thread's first keys for hashes are asked of the kernel, and later ones made of them.
        let _ = RandomState::new();
        let allow = SeccompAction::Allow;
        let filter = SeccompFilter::new(
            rules()?,
            SeccompAction::KillProcess,
            allow,
            std::env::consts::ARCH.try_into()?,
        )?;
        let program: BpfProgram = filter.try_into()?;
        Ok(seccompiler::apply_filter(&program)?)
    }

    fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, seccompiler::BackendError> {
        let mut rules: BTreeMap<i64, Vec<SeccompRule>> = [
            libc::SYS_brk,
            libc::SYS_clock_gettime,
            libc::SYS_exit,
            libc::SYS_exit_group,
            libc::SYS_futex,
            libc::SYS_gettimeofday,
            libc::SYS_madvise,
            libc::SYS_mremap,
            libc::SYS_munmap,
            libc::SYS_rt_sigprocmask,
            libc::SYS_rt_sigreturn,
            libc::SYS_sigaltstack,
        ]
        .into_iter()
        .map(|call| (call, Vec::new()))
        .collect();
        // Only so far: input is read, output (and what a library may have to say, to nobody) written.
        rules.insert(libc::SYS_read, vec![only(0, SeccompCmpOp::Eq, 0)?]);
        rules.insert(libc::SYS_write, vec![only(0, SeccompCmpOp::Le, 2)?]);
        // Memory is never made code.
        let executable = u64::try_from(libc::PROT_EXEC).unwrap_or(u64::MAX);
        for call in [libc::SYS_mmap, libc::SYS_mprotect] {
            rules.insert(call, vec![only(2, SeccompCmpOp::MaskedEq(executable), 0)?]);
        }
        Ok(rules)
    }

    /// A call whose argument is such.
    fn only(argument: u8, is: SeccompCmpOp, value: u64) -> Result<SeccompRule, seccompiler::BackendError> {
        SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, is, value)?])
    }
}

#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
)))]
mod elsewhere {
    const NEEDS: &str = "this needs Linux, on x86-64, AArch64 or RISC-V of 64 bits";

    /// Nothing is given up where nothing can be: then there are no scripts.
    pub(in super::super) fn give_up() -> Result<(), &'static str> {
        Err(NEEDS)
    }

    pub(in super::super) fn end_in(_: std::time::Duration) -> Result<(), &'static str> {
        Err(NEEDS)
    }

    pub(in super::super) fn filter() -> Result<(), &'static str> {
        Err(NEEDS)
    }
}

#[cfg(all(
    test,
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64", target_arch = "riscv64")
))]
mod tests;
