; A program that stands in for Tidegate where there is no Windows to build the real one for: it runs until it is told
; to stop, or for a minute. Used by `test_under_wine.py` only.
;
;   makensis -DVERSION=1.0.0 -DTARGET=Tidegate.exe stand_in.nsi

Unicode true
Target amd64-unicode
RequestExecutionLevel user
SilentInstall silent
OutFile "${TARGET}"
!include FileFunc.nsh
!include LogicLib.nsh

Section
  ${GetParameters} $0
  ${If} $0 == "stop"
    FileOpen $1 "$TEMP\tidegate-stop" w
    FileClose $1
    Quit
  ${EndIf}
  Delete "$TEMP\tidegate-stop"
  FileOpen $1 "$TEMP\tidegate-started" w
  FileWrite $1 "${VERSION}"
  FileClose $1
  StrCpy $2 0
  again:
    IntOp $2 $2 + 1
    IntCmp $2 600 done 0 done
    IfFileExists "$TEMP\tidegate-stop" done 0
    Sleep 100
    Goto again
  done:
  FileOpen $1 "$TEMP\tidegate-ended" w
  FileClose $1
SectionEnd
