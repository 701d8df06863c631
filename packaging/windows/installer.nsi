; Tidegate's installer for Windows: for the person who runs it alone, without an administrator.
;
;   makensis -DVERSION=1.2.3 -DPROGRAM=folder -DTARGET=Tidegate-Setup.exe installer.nsi
;
;   /S                silent
;   /D=C:\folder      another place (last, without quotes)
;   /AUTOSTART=1      start at login too (silent mode; otherwise the page asks)
;
; uninstall.exe /S leaves settings and history; with /DATA=1 it takes them too.

Unicode true
Target amd64-unicode
RequestExecutionLevel user
ManifestDPIAware true
SetCompressor /SOLID lzma

!include MUI2.nsh
!include FileFunc.nsh
!include LogicLib.nsh

!define NAME "Tidegate"
!define KEY "Software\Microsoft\Windows\CurrentVersion\Uninstall\${NAME}"
; The names the program itself uses for it: app/tray/autostart/windows.py.
!define RUN "Software\Microsoft\Windows\CurrentVersion\Run"
!define APPROVED "Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run"
!define EXE "Tidegate.exe"

Name "${NAME}"
OutFile "${TARGET}"
InstallDir "$LOCALAPPDATA\Programs\${NAME}"
InstallDirRegKey HKCU "Software\${NAME}" "Folder"
BrandingText "${NAME} ${VERSION}"

VIProductVersion "${VERSION}.0"
VIAddVersionKey ProductName "${NAME}"
VIAddVersionKey FileDescription "${NAME} installer"
VIAddVersionKey FileVersion "${VERSION}"
VIAddVersionKey ProductVersion "${VERSION}"
VIAddVersionKey LegalCopyright "MIT licence"

!define MUI_ICON "${ICON}"
!define MUI_UNICON "${ICON}"
!define MUI_FINISHPAGE_RUN "$INSTDIR\${EXE}"
!define MUI_COMPONENTSPAGE_SMALLDESC
!insertmacro MUI_PAGE_LICENSE "${LICENCE}"
!insertmacro MUI_PAGE_COMPONENTS
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_COMPONENTS
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE English

; Ends a running Tidegate. It gets the time it needs to let answers end; then it is ended whatever it does.
!macro StopProgram UN
Function ${UN}StopProgram
  IfFileExists "$INSTDIR\${EXE}" 0 done
  DetailPrint "Ending Tidegate, if it runs"
  nsExec::Exec '"$INSTDIR\tidegate-console.exe" stop'
  Pop $0
  StrCpy $1 0
  again:
    ClearErrors
    ; A program that runs can't be opened for writing.
    FileOpen $2 "$INSTDIR\${EXE}" a
    IfErrors 0 free
    IntOp $1 $1 + 1
    IntCmp $1 80 force 0 force
    Sleep 250
    Goto again
  force:
    ReadEnvStr $3 USERNAME
    nsExec::Exec 'taskkill /F /T /IM ${EXE} /FI "USERNAME eq $3"'
    Pop $0
    Sleep 1000
    Goto done
  free:
    FileClose $2
  done:
FunctionEnd
!macroend
!insertmacro StopProgram ""
!insertmacro StopProgram "un."

Section "Tidegate" SectionProgram
  SectionIn RO
  Call StopProgram
  ; An older version's files must not mix with these.
  IfFileExists "$INSTDIR\_internal\*.*" 0 +2
    RMDir /r "$INSTDIR\_internal"
  SetOutPath "$INSTDIR"
  File /r "${PROGRAM}\*.*"
  WriteUninstaller "$INSTDIR\uninstall.exe"
  CreateShortcut "$SMPROGRAMS\${NAME}.lnk" "$INSTDIR\${EXE}"
  WriteRegStr HKCU "Software\${NAME}" "Folder" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "DisplayName" "${NAME}"
  WriteRegStr HKCU "${KEY}" "DisplayVersion" "${VERSION}"
  WriteRegStr HKCU "${KEY}" "DisplayIcon" "$INSTDIR\${EXE}"
  WriteRegStr HKCU "${KEY}" "Publisher" "The Tidegate project"
  WriteRegStr HKCU "${KEY}" "InstallLocation" "$INSTDIR"
  WriteRegStr HKCU "${KEY}" "UninstallString" '"$INSTDIR\uninstall.exe"'
  WriteRegStr HKCU "${KEY}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
  WriteRegDWORD HKCU "${KEY}" "NoModify" 1
  WriteRegDWORD HKCU "${KEY}" "NoRepair" 1
  ${GetSize} "$INSTDIR" "/S=0K" $0 $1 $2
  IntFmt $0 "0x%08X" $0
  WriteRegDWORD HKCU "${KEY}" "EstimatedSize" "$0"
SectionEnd

Section /o "Start Tidegate when I log in" SectionAutostart
  WriteRegStr HKCU "${RUN}" "${NAME}" '"$INSTDIR\${EXE}" --hidden'
SectionEnd

Function .onInit
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/AUTOSTART=" $1
  ${If} $1 == "1"
    SectionGetFlags ${SectionAutostart} $2
    IntOp $2 $2 | ${SF_SELECTED}
    SectionSetFlags ${SectionAutostart} $2
  ${EndIf}
FunctionEnd

Section "un.Tidegate"
  SectionIn RO
  Call un.StopProgram
  DeleteRegValue HKCU "${RUN}" "${NAME}"
  DeleteRegValue HKCU "${APPROVED}" "${NAME}"
  DeleteRegKey HKCU "${KEY}"
  DeleteRegKey HKCU "Software\${NAME}"
  Delete "$SMPROGRAMS\${NAME}.lnk"
  RMDir /r "$INSTDIR\_internal"
  Delete "$INSTDIR\${EXE}"
  Delete "$INSTDIR\tidegate-console.exe"
  Delete "$INSTDIR\uninstall.exe"
  RMDir "$INSTDIR" ; only when empty: what somebody else put there stays
SectionEnd

Section /o "un.My settings and history" SectionData
  RMDir /r "$LOCALAPPDATA\Tidegate"
SectionEnd

Function un.onInit
  ${GetParameters} $0
  ClearErrors
  ${GetOptions} $0 "/DATA=" $1
  ${If} $1 == "1"
    SectionGetFlags ${SectionData} $2
    IntOp $2 $2 | ${SF_SELECTED}
    SectionSetFlags ${SectionData} $2
  ${EndIf}
FunctionEnd
